// SPDX-License-Identifier: Apache-2.0
#include "change/impacts.hpp"

#include <algorithm>

namespace lb::change {
namespace {

constexpr std::chrono::minutes kLater{5};
constexpr auto kEnd = "at the end of its verify window";

bool is_long(milliseconds window) {
    return window >= kLater;
}

milliseconds left(milliseconds window, milliseconds age) {
    return kLater + (is_long(window) ? window : milliseconds{0}) - age;
}

}  // namespace

void Impacts::expect(std::uint64_t generation, const Measure& before, Time now) {
    expected_.push_back({{generation, before}, now + kLater});
}

void Impacts::expect_way_back(std::uint64_t generation, const Measure& before, milliseconds window,
                              Time now) {
    expect(generation, before, now);
    expected_.back().window_end = now + window;
}

/// Published in the future: a clock that was set.
bool Impacts::is_over(milliseconds window, milliseconds age) {
    return age < age.zero() || left(window, age) <= age.zero();
}

void Impacts::resume(Impact impact, milliseconds window, milliseconds age, Time now) {
    if (impact.after || is_over(window, age)) return;
    expected_.push_back({std::move(impact), now + left(window, age), is_long(window)});
}

std::optional<Impacts::Record> Impacts::end_window(std::uint64_t generation, const Measure& measure,
                                                   Time now) {
    auto* its = find(generation);
    if (!its || its->impact.during) return {};
    return close(*its, measure, now, kEnd);
}

std::optional<Impacts::Record> Impacts::follow(std::uint64_t generation, const Measure& measure,
                                               Time now) {
    auto* its = find(generation);
    if (!its || its->impact.during || !its->window_end) return {};
    return close(*its, measure, now, "when another generation followed");
}

std::optional<Impacts::Record> Impacts::take_back(std::uint64_t generation, const Measure& measure,
                                                  const std::string& why, Time now) {
    auto* its = find(generation);
    if (!its) return {};
    its->impact.undone = why;
    return end_window(generation, measure, now);
}

std::vector<Impacts::Record> Impacts::look(const std::function<Measure()>& measure, Time now) {
    std::vector<Record> records;
    for (auto& its : expected_)
        if (!its.impact.during && its.window_end && now >= *its.window_end)
            records.push_back(close(its, measure(), now, "a verify window after its publication"));
    std::erase_if(expected_, [&](Expected& its) {
        if (!its.impact.during || now < its.due) return false;
        its.impact.after = measure();
        records.push_back({its.impact, *its.impact.after,
                           its.was_long ? "five minutes after its verify window"
                                        : "five minutes after its publication"});
        return true;
    });
    return records;
}

Impacts::Expected* Impacts::find(std::uint64_t generation) {
    const auto found = std::ranges::find(expected_, generation,
                                         [](const auto& its) { return its.impact.generation; });
    return found == expected_.end() ? nullptr : &*found;
}

Impacts::Record Impacts::close(Expected& its, const Measure& measure, Time now, const char* when) {
    its.impact.during = measure;
    its.was_long = now >= its.due;
    if (its.was_long) its.due = now + kLater;
    return {its.impact, measure, when};
}

}  // namespace lb::change
