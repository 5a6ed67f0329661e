// SPDX-License-Identifier: Apache-2.0
#include "daemon/journal.hpp"

#include <memory>
#include <utility>

#include "base/log.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::seconds kAgain{1};
constexpr std::size_t kRecent = 50;
constexpr std::size_t kMost = 10'000;  // that wait; then the oldest are lost

}  // namespace

Journal::Journal(Loop& loop, Disk& disk, events::Log log)
    : disk_{disk}, log_{std::move(log)}, again_{loop}, late_{loop} {
    for (auto& event : log_.newest(kRecent))
        recent_.push_back(std::move(event));
    seq_ = recent_.empty() ? 0 : recent_.back().seq;
}

const Event& Journal::write(Event event) {
    event.seq = ++seq_;
    if (event.at == WallTime{}) event.at = std::chrono::system_clock::now();
    if (recent_.size() == kRecent) recent_.pop_front();
    recent_.push_back(event);
    if (waiting_.size() == kMost) waiting_.erase(waiting_.begin());
    waiting_.push_back(std::move(event));
    if (!is_writing_) hand_over();
    return recent_.back();
}

void Journal::when_written(Callback then) {
    if (waiting_.empty() || !problem_.empty()) return then();
    next_readers_.push_back(std::move(then));
}

void Journal::release(std::vector<Callback>& readers) {
    for (const auto& reader : std::exchange(readers, {}))
        reader();
}

void Journal::hand_over() {
    is_writing_ = true;
    readers_ = std::exchange(next_readers_, {});
    const auto batch = std::make_shared<std::vector<Event>>();  // job and `then`
    batch->swap(waiting_);
    const auto outcome = std::make_shared<Result<>>();  // job and `then`
    expect_an_answer();
    disk_.run([log = log_, batch, outcome] { *outcome = log.append(*batch); },
              [this, batch, outcome] {
                  late_.cancel();
                  if (!*outcome) {
                      batch->insert(batch->end(), waiting_.begin(), waiting_.end());
                      waiting_.swap(*batch);
                      fail(outcome->error().what);
                      return again_.in(kAgain, [this] { hand_over(); });
                  }
                  is_writing_ = false;
                  problem_.clear();
                  release(readers_);
                  if (!waiting_.empty() && !is_writing_) hand_over();
              });
}

void Journal::expect_an_answer() {
    late_.in(Disk::kPatience, [this] {
        fail(Disk::kSilent);
        expect_an_answer();
    });
}

void Journal::fail(const std::string& why) {
    ++errors_;
    if (problem_ != why) log::error("event log: " + why);
    problem_ = why;
    release(readers_);
    release(next_readers_);
}

void Journal::flush() {
    if (waiting_.empty()) return;
    disk_.run(
        [log = log_, last = std::exchange(waiting_, {})] {
            if (const auto written = log.append(last); !written)
                log::error("event log: " + written.error().what);
        },
        [] {});
}

}  // namespace lb::daemon
