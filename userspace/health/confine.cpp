// SPDX-License-Identifier: Apache-2.0
#include "health/confine.hpp"

#include <array>
#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace lb::health {
namespace {

// ---------------------------------------------------------------------------------------- files

constexpr std::uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kFilesOf[] = {
    // by the kernel's version of Landlock, from 1 on
    (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,  // 5.13
    (LANDLOCK_ACCESS_FS_REFER << 1) - 1,     // 5.19
    (1ULL << 15) - 1,                        // 6.2: truncate
    (1ULL << 15) - 1,                        // 6.7
    (1ULL << 16) - 1,                        // 6.10: ioctl of devices
};
constexpr long kScopesSince = 6;  // 6.12: abstract sockets and signals
constexpr std::uint64_t kScopes = 3;

/// struct landlock_ruleset_attr of 6.12: Debian 12's header has its first member only.
struct Ruleset {
    std::uint64_t files;
    std::uint64_t network;
    std::uint64_t scopes;
};

long version_of_landlock() {
    return syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

Result<> only_read_files() {
    const auto version = version_of_landlock();
    if (version < 1) return {};  // not there, or switched off at boot
    const auto newest = static_cast<long>(std::size(kFilesOf));
    Ruleset wanted{kFilesOf[std::min(version, newest) - 1], 0, 0};
    if (version >= kScopesSince) wanted.scopes = kScopes;
    const auto size = version >= kScopesSince ? sizeof(wanted) : sizeof(wanted.files);
    const Fd rules{static_cast<int>(syscall(SYS_landlock_create_ruleset, &wanted, size, 0))};
    if (!rules) return Error::from_errno("landlock_create_ruleset", errno);
    const Fd root{open("/", O_PATH | O_CLOEXEC)};
    const landlock_path_beneath_attr readable{kReading, root.get()};
    if (syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &readable, 0) != 0)
        return Error::from_errno("landlock_add_rule", errno);
    if (syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0)
        return Error::from_errno("landlock_restrict_self", errno);
    return {};
}

// --------------------------------------------------------------------------------- system calls

/// What the loop, libcurl, OpenSSL, malloc and the C library do while checks are made.
constexpr std::array kAllowed{
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fcntl),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(stat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(getdents64),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrandom),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(pipe2),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(alarm),
    SCMP_SYS(setitimer),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

using Filter = std::unique_ptr<void, void (*)(scmp_filter_ctx)>;

/// Only with this value of one argument.
int allow_where(scmp_filter_ctx filter, int number, unsigned argument, scmp_datum_t value) {
    const scmp_arg_cmp same{argument, SCMP_CMP_EQ, value, 0};
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &same);
}

/// A negative errno, or 0.
int fill(scmp_filter_ctx filter) {
    int err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    // a number of which this machine has no such call (open on arm64) is left out by the library
    for (const int number : kAllowed)
        if (err == 0) err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    for (const scmp_datum_t family : {scmp_datum_t{AF_INET}, scmp_datum_t{AF_INET6}})
        if (err == 0) err = allow_where(filter, SCMP_SYS(socket), 0, family);
    for (const scmp_datum_t request : {scmp_datum_t{FIONBIO}, scmp_datum_t{FIONREAD}})
        if (err == 0) err = allow_where(filter, SCMP_SYS(ioctl), 1, request);
    return err;
}

Result<> only_what_checks_need() {
    if (prctl(PR_GET_SECCOMP) < 0) return {};  // a kernel without it
    const Filter filter{seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &seccomp_release};
    if (!filter) return Error{"seccomp: no memory for the filter"};
    if (const int err = fill(filter.get()); err != 0)
        return Error::from_errno("seccomp: make the filter", -err);
    if (const int err = seccomp_load(filter.get()); err != 0)
        return Error::from_errno("seccomp: load the filter", -err);
    return {};
}

}  // namespace

Result<> confine() {
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (const auto done = only_read_files(); !done) return done.error();
    return only_what_checks_need();
}

}  // namespace lb::health
