// SPDX-License-Identifier: Apache-2.0
#include "base/fork.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb {
namespace {

constexpr int kOutOfTheWay = 10;

/// Through a pipe, in one piece.
struct Failure {
    int err = 0;
    std::array<char, 60> step{};
};

}  // namespace

void Way::must(const char* step, bool done) const {
    if (done) return;
    Failure failure{errno, {}};
    std::strncpy(failure.step.data(), step, failure.step.size() - 1);
    [[maybe_unused]] const auto told = write(failures_, &failure, sizeof(failure));
    _exit(127);
}

/// A parent that died before it is noticed here.
bool Way::die_with_parent() const {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
    if (getppid() == parent_) return true;
    errno = ESRCH;
    return false;
}

bool forbid_new_privileges() {
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool drop_capabilities() {
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    return syscall(SYS_capset, &header, none.data()) == 0;
}

bool drop_bounding_set() {
    for (int each = 0; geteuid() == 0 && prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; ++each)
        if (prctl(PR_CAPBSET_DROP, each, 0, 0, 0) != 0) return false;
    return true;
}

bool unblock_signals() {
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

bool close_at_exec(int first) {
    return close_range(static_cast<unsigned>(first), ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

Result<Forked> fork_into(const std::function<void(const Way&)>& way) {
    std::array<int, 2> pipe{-1, -1};
    if (pipe2(pipe.data(), O_CLOEXEC) != 0) return Error::from_errno("pipe", errno);
    Forked forked{{}, Fd{pipe[0]}, 0};
    const auto theirs = out_of_the_way(pipe[1], "pipe");
    if (!theirs) return theirs.error();
    const Way before_exec{theirs->get(), getpid()};
    forked.pid = fork();
    if (forked.pid == 0) {
        way(before_exec);
        _exit(127);
    }
    if (forked.pid < 0) return Error::from_errno("fork", errno);
    forked.process = Fd{static_cast<int>(syscall(SYS_pidfd_open, forked.pid, 0))};
    if (forked.process) return forked;
    const auto error = Error::from_errno("pidfd_open", errno);
    kill(forked.pid, SIGKILL);
    waitpid(forked.pid, nullptr, 0);
    return error;
}

std::optional<Error> failure_of(const Forked& forked) {
    Failure failure;
    ssize_t size = 0;
    do {
        size = read(forked.failures.get(), &failure, sizeof(failure));
    } while (size < 0 && errno == EINTR);
    if (size != sizeof(failure)) return {};
    return Error::from_errno(failure.step.data(), failure.err);
}

std::string Ending::text() const {
    if (!by_signal) return "exit status " + std::to_string(number);
    return "killed by signal " + std::to_string(number) + " (" + strsignal(number) + ")";
}

Result<Ending> reap(const Fd& process) {
    siginfo_t ended{};
    while (waitid(P_PIDFD, static_cast<id_t>(process.get()), &ended, WEXITED) != 0)
        if (errno != EINTR) return Error::from_errno("waitid", errno);
    return Ending{ended.si_code != CLD_EXITED, ended.si_status};
}

Result<Fd> out_of_the_way(int fd, const std::string& what) {
    if (fd < 0) return Error::from_errno(what, errno);
    const Fd low{fd};
    Fd moved{fcntl(fd, F_DUPFD_CLOEXEC, kOutOfTheWay)};
    if (!moved) return Error::from_errno(what, errno);
    return moved;
}

}  // namespace lb
