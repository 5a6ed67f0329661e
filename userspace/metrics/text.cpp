// SPDX-License-Identifier: Apache-2.0
#include "metrics/text.hpp"

#include <array>
#include <cassert>
#include <charconv>

namespace lb::metrics {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

/// The shortest text without an exponent that reads back as the same number.
std::string number_of(double value) {
    std::array<char, 400> digits{};  // for the largest that there is
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed)
            .ptr;
    return {digits.data(), end};
}

/// In HELP a quotation mark is itself.
std::string escaped(std::string_view text, bool is_label) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || (c == '"' && is_label)) out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    return out;
}

}  // namespace

const char* word(Kind kind) {
    switch (kind) {
        case Kind::counter:
            return "counter";
        case Kind::gauge:
            return "gauge";
        case Kind::histogram:
            return "histogram";
        case Kind::summary:
            break;
    }
    return "summary";
}

void Text::begin(std::string_view name, Kind kind, std::string_view help) {
    name_ = "lbd_" + std::string{name};
    [[maybe_unused]] const bool is_new = begun_.insert(name_).second;
    assert(is_new);
    text_ += "# HELP " + name_ + " " + escaped(help, false) + "\n";
    text_ += "# TYPE " + name_ + " " + word(kind) + "\n";
}

void Text::add(const Labels& labels, double value) {
    line("", labels, number_of(value));
}

void Text::add_number(const Labels& labels, std::string_view number) {
    line("", labels, number);
}

void Text::add(const Labels& labels, WallTime time) {
    const auto since = duration_cast<milliseconds>(time.time_since_epoch());
    line("", labels, number_of(duration<double>{since}.count()));
}

void Text::add(const Labels& labels, const Durations& durations) {
    std::uint64_t below = 0;
    auto with_bound = labels;
    with_bound.emplace_back("le", "");
    for (std::size_t i = 0; i < durations.counts.size(); ++i) {
        below += durations.counts[i];
        const auto bound = i < Durations::kBounds.size()
                               ? number_of(duration<double>{Durations::kBounds[i]}.count())
                               : "+Inf";
        with_bound.back().second = bound;
        line("_bucket", with_bound, std::to_string(below));
    }
    add_sum(labels, durations.sum, below);
}

void Text::add_sum(const Labels& labels, std::chrono::nanoseconds sum, std::uint64_t count) {
    line("_sum", labels, number_of(duration<double>{sum}.count()));
    line("_count", labels, std::to_string(count));
}

void Text::add_set(Labels labels, std::string_view label, const std::vector<std::string_view>& all,
                   std::string_view current) {
    labels.emplace_back(label, "");
    for (const auto state : all) {
        labels.back().second = state;
        line("", labels, state == current ? "1" : "0");
    }
}

void Text::line(std::string_view suffix, const Labels& labels, std::string_view number) {
    text_.append(name_).append(suffix);
    char before = '{';
    for (const auto& [label, value] : labels) {
        text_.append(1, before).append(label).append("=\"");
        text_.append(escaped(value, true)).append("\"");
        before = ',';
    }
    if (!labels.empty()) text_ += '}';
    text_.append(" ").append(number).append("\n");
}

}  // namespace lb::metrics
