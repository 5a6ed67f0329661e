// SPDX-License-Identifier: Apache-2.0
#include "cli/live.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace lb::cli {
namespace {

constexpr milliseconds kAnswerWithin{5000};
constexpr short kGone = POLLERR | POLLHUP | POLLNVAL;

int poll_timeout(Time when) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Loop::now()).count();
    return static_cast<int>(std::clamp<long>(left, 0, INT_MAX));
}

/// Standard output under a descriptor whose flags are ours alone.
Fd own_terminal() {
    if (isatty(STDOUT_FILENO) != 1) return {};
    return Fd{open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
}

}  // namespace

Live::Live(Keys keys)
    : terminal_{own_terminal()},
      out_{terminal_ ? terminal_.get() : STDOUT_FILENO},
      keyboard_{keys == Keys::read && isatty(STDIN_FILENO) == 1 ? STDIN_FILENO : -1} {
    sigset_t told;
    sigemptyset(&told);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH})
        sigaddset(&told, number);
    if (keys == Keys::read) sigaddset(&told, SIGTSTP);
    sigaddset(&told, SIGPIPE);  // never taken: write() says EPIPE
    sigprocmask(SIG_BLOCK, &told, &before_);
    sigdelset(&told, SIGPIPE);
    signals_ = Fd{signalfd(-1, &told, SFD_NONBLOCK | SFD_CLOEXEC)};
}

Live::~Live() {
    signal(SIGPIPE, SIG_IGN);  // one that waits would be taken now
    sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Live::take_signal() {
    signalfd_siginfo info{};
    while (read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGWINCH)
            is_resized_ = true;
        else if (info.ssi_signo == SIGTSTP)
            is_paused_ = true;
        else
            is_over_ = true;
    }
}

Live::Wake Live::wait(Time when) {
    for (;;) {
        std::array<pollfd, 3> fds{
            {{signals_.get(), POLLIN, 0}, {out_, 0, 0}, {keyboard_, POLLIN, 0}}};
        const int count = poll(fds.data(), fds.size(), poll_timeout(when));
        if (count < 0 && errno != EINTR) is_over_ = true;
        if (count > 0 && fds[0].revents != 0) take_signal();
        if (count > 0 && (fds[1].revents & kGone) != 0) is_over_ = true;
        if (is_over_) return Wake::end;
        if (std::exchange(is_paused_, false)) return Wake::pause;
        if (std::exchange(is_resized_, false)) return Wake::size;
        if (count > 0 && fds[2].revents != 0) return Wake::keys;
        if (count == 0) return Wake::time;
    }
}

bool Live::say(std::string_view text) {
    while (!text.empty() && !is_over_) {
        std::array<pollfd, 2> fds{{{signals_.get(), POLLIN, 0}, {out_, POLLOUT, 0}}};
        if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) is_over_ = true;
        if (fds[0].revents != 0) take_signal();
        if (is_over_ || (fds[1].revents & (POLLOUT | kGone)) == 0) continue;
        // so much a pipe takes at once when it takes something
        const auto count = write(out_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EAGAIN && errno != EINTR) {
            error_ = errno;
            is_over_ = true;
        }
    }
    return !is_over_;
}

std::string Live::typed() {
    std::array<char, 256> bytes{};
    const auto count = read(keyboard_, bytes.data(), bytes.size());
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) is_over_ = true;
    return {bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

std::vector<int> Live::interrupts() const {
    std::vector<int> fds{signals_.get()};
    if (keyboard_ >= 0) fds.push_back(keyboard_);
    return fds;
}

Outcome<Exit> Live::ending() const {
    if (error_ == 0 || error_ == EPIPE || error_ == EIO) return Exit::ok;
    return tl::unexpected{
        Failure{Exit::failed, Error::from_errno("standard output", error_).what, {}}};
}

Session watching(Session session, const Live& live) {
    session.format = session.live;
    session.interrupts = live.interrupts();
    session.timeout = std::min(session.timeout, kAnswerWithin);
    return session;
}

}  // namespace lb::cli
