// SPDX-License-Identifier: Apache-2.0
#include "health/spawn.hpp"

#include <array>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fork.hpp"

namespace lb::health {
namespace {

constexpr int kSocket = 3;  // where the program finds its end

bool give_up_root(const std::optional<Account>& account) {
    if (!account) return true;
    return setgroups(0, nullptr) == 0 && setresgid(account->gid, account->gid, account->gid) == 0 &&
           setresuid(account->uid, account->uid, account->uid) == 0;
}

bool hand_over(int socket) {
    return unblock_signals() && dup2(socket, kSocket) == kSocket &&
           fcntl(kSocket, F_SETFD, 0) == 0 && close_at_exec(kSocket + 1);
}

}  // namespace

Result<std::optional<Account>> unprivileged(const std::string& name) {
    if (geteuid() != 0) return std::optional<Account>{};
    for (const auto& candidate : {name, std::string{"nobody"}}) {
        std::vector<char> buffer(16384);
        passwd entry{};
        passwd* found = nullptr;
        if (getpwnam_r(candidate.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
            !found)
            continue;
        if (entry.pw_uid == 0) return Error{"user '" + candidate + "' is root: choose another"};
        return std::optional{Account{entry.pw_uid, entry.pw_gid}};
    }
    return Error{"there is neither a user '" + name + "' nor 'nobody': add one"};
}

Result<Spawned> spawn(const std::string& program, const std::optional<Account>& account) {
    const auto what = "start " + program;
    const auto executable = out_of_the_way(open(program.c_str(), O_PATH | O_CLOEXEC), what);
    if (!executable) return executable.error();
    std::array<int, 2> pair{-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return Error::from_errno(what, errno);
    Fd ours{pair[0]};
    const auto theirs = out_of_the_way(pair[1], what);
    if (!theirs) return theirs.error();

    std::string name = "lbd-check";
    const std::array<char*, 2> arguments{name.data(), nullptr};
    auto forked = fork_into([&](const Way& way) {
        way.must("give up root", give_up_root(account));
        way.must("set no_new_privs", forbid_new_privileges());
        way.must("drop capabilities", drop_capabilities());
        way.must("ask for a kill at our end", way.die_with_parent());
        way.must("hand over descriptors", hand_over(theirs->get()));
        way.must("execute", syscall(SYS_execveat, executable->get(), "", arguments.data(), environ,
                                    AT_EMPTY_PATH) == 0);
    });
    if (!forked) return forked.error().in(what);
    if (const auto failure = failure_of(*forked)) {
        (void)reap(forked->process).has_value();
        return failure->in(what);
    }
    return Spawned{std::move(forked->process), std::move(ours), forked->pid};
}

}  // namespace lb::health
