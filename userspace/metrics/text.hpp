// SPDX-License-Identifier: Apache-2.0
/// Text: Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats).
///
///     text.begin("generation", Kind::gauge, "Number of the running generation.");
///     text.add({}, 43);
///
/// Invariant: each family has its HELP and TYPE once, and all its lines behind them.  Names are
/// given without the prefix `lbd_`.
#pragma once

#include <concepts>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/durations.hpp"
#include "model/health.hpp"

namespace lb::metrics {

enum class Kind { counter, gauge, histogram, summary };

const char* word(Kind kind);

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

class Text {
public:
    /// A family, once; what is added belongs to it until the next one begins.
    void begin(std::string_view name, Kind kind, std::string_view help);
    void add(const Labels& labels, double value);
    void add(const Labels& labels, std::integral auto value) {
        add_number(labels, std::to_string(value));
    }
    /// Seconds since 1970, with milliseconds; 0 for no time.
    void add(const Labels& labels, WallTime time);
    /// All lines of one histogram, in seconds.
    void add(const Labels& labels, const Durations& durations);
    /// A summary without quantiles.
    void add_sum(const Labels& labels, std::chrono::nanoseconds sum, std::uint64_t count);
    /// A state as a set: a line for each of `all`, 1 where it is the current one.
    void add_set(Labels labels, std::string_view label, const std::vector<std::string_view>& all,
                 std::string_view current);

    const std::string& text() const { return text_; }

private:
    void add_number(const Labels& labels, std::string_view number);
    void line(std::string_view suffix, const Labels& labels, std::string_view number);

    std::string text_;
    std::string name_;
    std::set<std::string> begun_;
};

}  // namespace lb::metrics
