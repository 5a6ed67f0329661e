// SPDX-License-Identifier: Apache-2.0
#include "cli/interruption.hpp"

#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>

namespace lb::cli {
namespace {

/// In the background of a script SIGINT is ignored, which the kernel forgets about what is blocked.
bool is_ignored(int number) {
    struct sigaction now {};
    return sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

Interruption::Interruption() {
    sigset_t told;
    sigemptyset(&told);
    for (const int number : {SIGINT, SIGTERM})
        if (!is_ignored(number)) sigaddset(&told, number);
    sigprocmask(SIG_BLOCK, &told, nullptr);
    signals_ = Fd{signalfd(-1, &told, SFD_NONBLOCK | SFD_CLOEXEC)};
}

Session Interruption::ends(Session session) const {
    session.interrupts = {signals_.get()};
    return session;
}

bool interrupted(const Session& session, milliseconds time) {
    std::vector<pollfd> fds;
    for (const int fd : session.interrupts)
        fds.push_back({fd, POLLIN, 0});
    return poll(fds.data(), fds.size(), static_cast<int>(time.count())) > 0;
}

tl::unexpected<Failure> cut_short(const std::string& what) {
    return fail(Exit::interrupted, "interrupted; " + what);
}

}  // namespace lb::cli
