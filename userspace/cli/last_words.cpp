// SPDX-License-Identifier: Apache-2.0
#include "cli/last_words.hpp"

#include <array>
#include <atomic>
#include <csignal>

#include <poll.h>
#include <unistd.h>

namespace lb::cli {
namespace {

constexpr int kTurn = 50;  // milliseconds, each time
constexpr int kTurns = 4;
constexpr std::size_t kStack = 65536;
constexpr short kNobodyThere = POLLERR | POLLHUP | POLLNVAL;

/// Those that end a process and that Live does not tell.
constexpr std::array kDeadly{SIGSEGV, SIGABRT,   SIGBUS,  SIGFPE,  SIGILL,
                             SIGSYS,  SIGTRAP,   SIGALRM, SIGUSR1, SIGUSR2,
                             SIGXCPU, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR};

/// For the handler, which is told nothing but a number.
std::atomic<const Taken*> taken_now = nullptr;
static_assert(std::atomic<const Taken*>::is_always_lock_free);

/// SA_RESETHAND: the second time it ends the process, at the place where it happened if that is
/// ours.
void on_deadly(int number) {
    if (const auto* taken = taken_now.exchange(nullptr)) give_back(*taken);
    raise(number);
}

void on_each(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_ONSTACK);
    for (const int number : kDeadly)
        sigaction(number, &action, nullptr);
}

}  // namespace

bool say_last(int out, std::string_view text) {
    for (int i = 0; i < kTurns; ++i) {
        pollfd ready{out, POLLOUT, 0};
        poll(&ready, 1, kTurn);
        if ((ready.revents & kNobodyThere) != 0) return false;
        if ((ready.revents & POLLOUT) == 0) tcflush(out, TCOFLUSH);
        const auto count = write(out, text.data(), text.size());
        if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
        if (text.empty()) return true;
    }
    return false;
}

void give_back(const Taken& taken) {
    (void)say_last(taken.out, taken.text);
    if (taken.has_keys) tcsetattr(STDIN_FILENO, TCSANOW, &taken.before);
}

LastWords::LastWords(const Taken& taken) : stack_{std::make_unique<char[]>(kStack)} {
    const stack_t ours{stack_.get(), 0, kStack};
    sigaltstack(&ours, nullptr);
    taken_now = &taken;
    on_each(on_deadly);
}

LastWords::~LastWords() {
    on_each(SIG_DFL);
    taken_now = nullptr;
    const stack_t none{nullptr, SS_DISABLE, 0};
    sigaltstack(&none, nullptr);
}

}  // namespace lb::cli
