// SPDX-License-Identifier: Apache-2.0
#include "base/loop.hpp"

#include <deque>
#include <thread>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <unistd.h>

namespace lb {

struct Loop::Inside {
    asio::io_context context;
    std::deque<asio::signal_set> signals;  // a deque: their handlers keep references
};

Loop::Loop() : inside_{std::make_unique<Inside>()} {}
Loop::~Loop() = default;

void Loop::run() {
    const auto busy = asio::make_work_guard(inside_->context);
    inside_->context.restart();
    inside_->context.run();
}

void Loop::stop() {
    inside_->context.stop();
}

void Loop::post(Callback callback) {
    asio::post(inside_->context, std::move(callback));
}

namespace {

void wait_for_signal(asio::signal_set& set, std::function<void(int)> callback) {
    set.async_wait([&set, callback](std::error_code stopped, int signal) {
        if (stopped) return;
        callback(signal);
        wait_for_signal(set, callback);
    });
}

}  // namespace

void Loop::on_signal(std::initializer_list<int> signals, std::function<void(int)> callback) {
    auto& set = inside_->signals.emplace_back(inside_->context);
    for (const int signal : signals)
        set.add(signal);
    wait_for_signal(set, std::move(callback));
}

asio::io_context& Loop::context() {
    return inside_->context;
}

// ---------------------------------------------------------------------------------------- Timer

struct Timer::Inside {
    explicit Inside(asio::io_context& context) : timer{context} {}
    asio::steady_timer timer;
    std::uint64_t armed = 0;  // a handler that finds another number was replaced
};

Timer::Timer(Loop& loop) : inside_{std::make_shared<Inside>(loop.context())} {}
Timer::Timer(Timer&&) noexcept = default;
Timer& Timer::operator=(Timer&& other) noexcept {
    Timer taken{std::move(other)};
    std::swap(inside_, taken.inside_);
    return *this;
}
Timer::~Timer() {
    if (inside_) cancel();
}

void Timer::at(Time when, Callback callback) {
    inside_->timer.expires_at(when);
    const auto mine = ++inside_->armed;
    inside_->timer.async_wait(
        [inside = inside_, mine, callback = std::move(callback)](std::error_code stopped) {
            if (!stopped && inside->armed == mine) callback();
        });
}

void Timer::cancel() {
    ++inside_->armed;
    inside_->timer.cancel();
}

// ---------------------------------------------------------------------------------------- Watch

struct Watch::Inside : std::enable_shared_from_this<Watch::Inside> {
    Inside(asio::io_context& context, int fd, Callback callback)
        : descriptor{context, fd}, readable{std::move(callback)} {}
    ~Inside() { descriptor.release(); }  // not ours to close

    void wait() {
        descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                              [self = shared_from_this()](std::error_code stopped) {
                                  if (stopped || !self->wanted) return;
                                  self->readable();
                                  if (self->wanted) self->wait();
                              });
    }

    asio::posix::stream_descriptor descriptor;
    Callback readable;
    bool wanted = true;
};

Watch::Watch(Loop& loop, int fd, Callback readable)
    : inside_{std::make_shared<Inside>(loop.context(), fd, std::move(readable))} {
    inside_->wait();
}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&& other) noexcept {
    Watch taken{std::move(other)};
    std::swap(inside_, taken.inside_);
    return *this;
}
Watch::~Watch() {
    if (!inside_) return;
    inside_->wanted = false;
    inside_->descriptor.release();  // cancels the wait; the owner may close it now
}

// --------------------------------------------------------------------------------------- Worker

struct Worker::Inside {
    explicit Inside(Loop& l) : loop{l} {}
    Loop& loop;
    asio::io_context jobs;
    asio::executor_work_guard<asio::io_context::executor_type> busy = asio::make_work_guard(jobs);
    std::shared_ptr<bool> alive = std::make_shared<bool>(true);  // shared with posted `then`s
    std::deque<Time> given;                                      // of the loop, not the thread
    std::thread thread{[this] { jobs.run(); }};
};

Worker::Worker(Loop& loop) : inside_{std::make_unique<Inside>(loop)} {}

Worker::~Worker() {
    *inside_->alive = false;
    inside_->busy.reset();
    inside_->thread.join();
}

/// What a job holds has ended before `then` begins; what `then` holds ends on the loop.
void Worker::run(Callback job, Callback then) {
    inside_->given.push_back(Loop::now());
    asio::post(inside_->jobs, [this, job = std::move(job), then = std::move(then)]() mutable {
        job();
        job = nullptr;
        inside_->loop.post([this, alive = inside_->alive, then = std::move(then)] {
            if (!*alive) return;
            inside_->given.pop_front();
            then();
        });
    });
}

std::optional<Time> Worker::busy_since() const {
    if (inside_->given.empty()) return {};
    return inside_->given.front();
}

}  // namespace lb
