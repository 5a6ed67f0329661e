// SPDX-License-Identifier: Apache-2.0
#include "events/program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lb::events {
namespace {

constexpr int kOutOfReach = 10;  // descriptors that must not be in the way of 0, 1 and 2

/// What went wrong before exec, sent through a pipe.
struct Failure {
    int step;
    int err;
};
constexpr std::array kSteps{"give up capabilities", "die with lbd", "hand over its input",
                            "run it"};

struct Start {
    const char* path;
    int input;
    int failures;
    pid_t parent;
};

/// Not even root gets one back at exec.
bool drop_capabilities() {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    for (int each = 0; geteuid() == 0 && prctl(PR_CAPBSET_READ, each, 0, 0, 0) >= 0; ++each)
        if (prctl(PR_CAPBSET_DROP, each, 0, 0, 0) != 0) return false;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> none{};
    return syscall(SYS_capset, &header, none.data()) == 0;
}

/// A parent that died before it is noticed here.
bool die_with(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
    if (getppid() == parent) return true;
    errno = ESRCH;
    return false;
}

bool hand_over(int input) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    (void)setpriority(PRIO_PROCESS, 0, 0);  // lbd's checks come first
    return dup2(input, STDIN_FILENO) == STDIN_FILENO &&
           dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO && chdir("/") == 0 &&
           close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

/// Between fork and exec, in a process that has had threads: system calls only.
[[noreturn]] void become(const Start& start, char* const* arguments, char* const* environment) {
    setsid();
    Failure failure{0, 0};
    if (drop_capabilities() && ++failure.step && die_with(start.parent) && ++failure.step &&
        hand_over(start.input) && ++failure.step)
        execve(start.path, arguments, environment);
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

/// In memory, so that nobody waits for who reads it slowly, or not at all.
Result<Fd> holding(const std::string& text) {
    auto file = high(memfd_create("input", MFD_CLOEXEC), "memfd_create");
    if (!file) return file;
    for (std::size_t done = 0; done < text.size();) {
        const auto count = write(file->get(), text.data() + done, text.size() - done);
        if (count < 0 && errno != EINTR) return Error::from_errno("write", errno);
        if (count > 0) done += static_cast<std::size_t>(count);
    }
    lseek(file->get(), 0, SEEK_SET);
    return file;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> found;
    for (auto& word : words)
        found.push_back(word.data());
    found.push_back(nullptr);
    return found;
}

}  // namespace

Result<Program> start(const std::string& path, const std::string& input,
                      std::vector<std::string> environment) {
    const auto theirs = holding(input);
    if (!theirs) return theirs.error();
    std::array<int, 2> pipe{-1, -1};
    if (pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) return Error::from_errno("pipe", errno);
    Program program{{}, Fd{pipe[0]}, 0};
    const auto tell = high(pipe[1], "pipe");
    if (!tell) return tell.error();
    std::vector<std::string> words{path};
    const auto arguments = pointers(words), variables = pointers(environment);
    const Start start{path.c_str(), theirs->get(), tell->get(), getpid()};
    program.pid = fork();
    if (program.pid == 0) become(start, arguments.data(), variables.data());
    if (program.pid < 0) return Error::from_errno("fork", errno);
    program.process = Fd{static_cast<int>(syscall(SYS_pidfd_open, program.pid, 0))};
    if (program.process) return program;
    const auto error = Error::from_errno("pidfd_open", errno);
    kill(program.pid, SIGKILL);
    waitpid(program.pid, nullptr, 0);
    return error;
}

void stop(const Program& program) {
    kill(-program.pid, SIGKILL);
    syscall(SYS_pidfd_send_signal, program.process.get(), SIGKILL, nullptr, 0);
}

std::string end(const Program& program) {
    stop(program);  // its session keeps its number until it is waited for
    siginfo_t ended{};
    while (waitid(P_PIDFD, static_cast<id_t>(program.process.get()), &ended, WEXITED) != 0)
        if (errno != EINTR) return Error::from_errno("waitid", errno).what;
    Failure failure{};
    if (read(program.failures.get(), &failure, sizeof(failure)) == sizeof(failure))
        return Error::from_errno(kSteps.at(static_cast<std::size_t>(failure.step)), failure.err)
            .what;
    if (ended.si_code != CLD_EXITED)
        return "killed by signal " + std::to_string(ended.si_status) + " (" +
               strsignal(ended.si_status) + ")";
    return ended.si_status == 0 ? "" : "exit status " + std::to_string(ended.si_status);
}

}  // namespace lb::events
