// SPDX-License-Identifier: Apache-2.0
#include "health/child.hpp"

#include <algorithm>
#include <csignal>

#include <sys/syscall.h>
#include <unistd.h>

#include "base/fork.hpp"
#include "base/log.hpp"
#include "model/event_kind.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstDelay{10};
constexpr std::chrono::milliseconds kLongestDelay{1000};
constexpr auto kLongLife = 10s;
constexpr auto kRecent = 60s;

}  // namespace

Child::Child(Loop& loop, Options options, Events events)
    : loop_{loop},
      options_{std::move(options)},
      events_{std::move(events)},
      again_{loop},
      delay_{kFirstDelay} {}

Child::~Child() {
    if (!spawned_.process) return;
    kill_it();
    (void)reap(spawned_.process).has_value();
}

Result<> Child::start() {
    auto account = unprivileged(options_.user);
    if (!account) return account.error().in("start " + options_.program);
    account_ = *account;
    return spawn_now();
}

Result<> Child::spawn_now() {
    auto spawned = spawn(options_.program, account_);
    if (!spawned) return spawned.error();
    spawned_ = std::move(*spawned);
    started_at_ = Loop::now();
    end_ = std::make_unique<Watch>(loop_, spawned_.process.get(), [this] { on_end(); });
    channel_ = std::make_unique<Channel>(
        loop_, std::move(spawned_.socket),
        [this](std::string_view packet, Fd) {
            if (wanted_.empty()) events_.packet(packet);  // else it is as good as dead
        },
        [this] { kill_it(); });
    events_.started();
    return {};
}

void Child::on_end() {
    end_.reset();
    channel_.reset();
    const auto ending = reap(spawned_.process);
    why_ = ending ? ending->text() : ending.error().what;
    if (!wanted_.empty()) why_ = wanted_ + ", " + why_;
    wanted_.clear();
    log::warning("lbd-check ended: " + why_ + "; it is started again",
                 {{"LBD_EVENT", "checker.restart"},
                  {"MESSAGE_ID", std::string{message_id("checker.restart")}}});
    spawned_ = {};
    const auto now = Loop::now();
    ended_at_ = now;
    if (now - started_at_ > kLongLife) delay_ = kFirstDelay;
    again_.in(delay_, [this] { try_again(); });
    events_.died();
}

void Child::try_again() {
    delay_ = std::min(2 * delay_, kLongestDelay);
    ++restarts_;
    if (const auto started = spawn_now(); !started) {
        why_ = started.error().what;
        again_.in(delay_, [this] { try_again(); });
    }
}

void Child::send(std::string_view message, Fd descriptor) {
    if (channel_) channel_->send(message, std::move(descriptor));
}

void Child::restart(const std::string& why) {
    if (!running()) return;
    wanted_ = why;
    kill_it();
}

void Child::kill_it() {
    syscall(SYS_pidfd_send_signal, spawned_.process.get(), SIGKILL, nullptr, 0);
}

std::string Child::problem(Time now) const {
    if (!running())
        return "lbd-check is not running, health states are frozen" +
               (why_.empty() ? why_ : ": " + why_);
    if (!ended_at_ || now - *ended_at_ > kRecent) return {};
    return "lbd-check was restarted (" + std::to_string(restarts_) +
           " times since lbd started): " + why_;
}

}  // namespace lb::health
