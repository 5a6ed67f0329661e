// SPDX-License-Identifier: Apache-2.0
#include "health/spawn.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb::health {
namespace {

constexpr int kSocket = 3;       // where the program finds its end
constexpr int kOutOfReach = 10;  // descriptors that must not be in the way of kSocket

/// What went wrong in the child before exec, sent to the parent through a pipe.
struct Failure {
    int step;
    int err;
};
constexpr std::array kSteps{"give up root",          "set no_new_privs",
                            "drop capabilities",     "ask for a kill at our end",
                            "hand over descriptors", "execute"};

struct Start {
    int program;
    int socket;
    int failures;
    const Account* account;
    pid_t parent;
};

bool give_up_root(const Account* account) {
    if (!account) return true;
    return setgroups(0, nullptr) == 0 && setresgid(account->gid, account->gid, account->gid) == 0 &&
           setresuid(account->uid, account->uid, account->uid) == 0;
}

bool drop_capabilities() {
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    return syscall(SYS_capset, &header, none.data()) == 0;
}

/// After setresuid(), which clears the setting.  A parent that died before it is noticed here.
bool die_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
    if (getppid() == parent) return true;
    errno = ESRCH;
    return false;
}

bool hand_over(int socket) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    return dup2(socket, kSocket) == kSocket && fcntl(kSocket, F_SETFD, 0) == 0 &&
           close_range(kSocket + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/// Between fork and exec, in a process that may have had threads: system calls only.
[[noreturn]] void become(const Start& start, char* const* arguments, char* const* environment) {
    Failure failure{0, 0};
    if (give_up_root(start.account) && ++failure.step &&
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ++failure.step && drop_capabilities() &&
        ++failure.step && die_with_parent(start.parent) && ++failure.step &&
        hand_over(start.socket) && ++failure.step)
        syscall(SYS_execveat, start.program, "", arguments, environment, AT_EMPTY_PATH);
    failure.err = errno;
    [[maybe_unused]] const auto told = write(start.failures, &failure, sizeof(failure));
    _exit(127);
}

Result<Fd> high(int fd, const std::string& what) {
    if (fd < 0) return Error::from_errno(what, errno);
    const Fd low{fd};
    Fd moved{fcntl(fd, F_DUPFD_CLOEXEC, kOutOfReach)};
    if (!moved) return Error::from_errno(what, errno);
    return moved;
}

/// Until exec closed the pipe, or told why there was none.
std::optional<Failure> failure_of(const Fd& pipe) {
    Failure failure{};
    ssize_t size = 0;
    do {
        size = read(pipe.get(), &failure, sizeof(failure));
    } while (size < 0 && errno == EINTR);
    if (size != sizeof(failure)) return {};
    return failure;
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
    auto executable = high(open(program.c_str(), O_PATH | O_CLOEXEC), what);
    if (!executable) return executable.error();
    std::array<int, 2> pair{-1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return Error::from_errno(what, errno);
    Spawned spawned{{}, Fd{pair[0]}, 0};
    const auto theirs = high(pair[1], what);
    if (!theirs) return theirs.error();
    std::array<int, 2> pipe{-1, -1};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) return Error::from_errno(what, errno);
    const Fd failures{pipe[0]};
    auto tell = high(pipe[1], what);
    if (!tell) return tell.error();

    std::string name = "lbd-check";
    const std::array<char*, 2> arguments{name.data(), nullptr};
    const Start start{executable->get(), theirs->get(), tell->get(), account ? &*account : nullptr,
                      getpid()};
    spawned.pid = fork();
    if (spawned.pid == 0) become(start, arguments.data(), environ);
    if (spawned.pid < 0) return Error::from_errno(what, errno);
    *tell = Fd{};
    const auto failure = failure_of(failures);
    spawned.process = Fd{static_cast<int>(syscall(SYS_pidfd_open, spawned.pid, 0))};
    const int pidfd_error = errno;
    if (failure || !spawned.process) {
        kill(spawned.pid, SIGKILL);
        waitpid(spawned.pid, nullptr, 0);
    }
    if (failure)
        return Error::from_errno(what + ": " + kSteps.at(static_cast<std::size_t>(failure->step)),
                                 failure->err);
    if (!spawned.process) return Error::from_errno(what + ": pidfd_open", pidfd_error);
    return spawned;
}

std::string reap(const Fd& process) {
    siginfo_t ended{};
    while (waitid(P_PIDFD, static_cast<id_t>(process.get()), &ended, WEXITED) != 0)
        if (errno != EINTR) return "ended";
    if (ended.si_code == CLD_EXITED) return "exit status " + std::to_string(ended.si_status);
    return "killed by signal " + std::to_string(ended.si_status) + " (" +
           strsignal(ended.si_status) + ")";
}

}  // namespace lb::health
