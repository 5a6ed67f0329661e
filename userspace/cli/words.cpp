// SPDX-License-Identifier: Apache-2.0
#include "cli/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "base/duration.hpp"
#include "config/suggest.hpp"

namespace lb::cli {
namespace {

constexpr milliseconds kShortestInterval{100};
constexpr std::size_t kLongestName = 63;

template <class... Values>
std::string format(const char* pattern, Values... values) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), pattern, values...);
    return text.data();
}

}  // namespace

std::string short_number(std::uint64_t number) {
    if (number < 1000) return std::to_string(number);
    auto value = static_cast<double>(number);
    const char* unit = "kMGTPE";
    for (value /= 1000; value >= 999.5; value /= 1000)
        ++unit;
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return format("%.*f%c", decimals, value, *unit);
}

std::string age(WallTime then, WallTime now) {
    if (then == WallTime{}) return "-";
    const auto whole = std::chrono::floor<std::chrono::seconds>(now - then).count();
    const long seconds = std::max(0L, static_cast<long>(whole));
    if (seconds < 2 * 60) return std::to_string(seconds) + "s";
    if (seconds < 2 * 3600) return std::to_string(seconds / 60) + "m";
    if (seconds < 2 * 86400) return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / 86400) + "d";
}

std::string full_time(WallTime time) {
    if (time == WallTime{}) return "-";
    const auto whole = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    gmtime_r(&whole, &parts);
    std::array<char, 64> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
    return text.data();
}

std::string milliseconds_text(std::chrono::microseconds duration) {
    return format("%.1f ms", static_cast<double>(duration.count()) / 1000);
}

std::string percent(double share) {
    return format("%5.1f%%", share * 100);
}

std::string percent(double share, double error) {
    return format("%.1f%% ±%.1f", share * 100, error * 100);
}

std::string bar(double share, std::size_t width) {
    const auto room = static_cast<double>(width);
    auto marks = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * room));
    if (share > 0) marks = std::max<std::size_t>(marks, 1);
    return std::string(marks, '#') + std::string(width - marks, '.');
}

bool is_name(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= kLongestName &&
           std::all_of(text.begin(), text.end(), fits);
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::optional<BackendId> parse_backend(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto pool = text.substr(0, slash), backend = text.substr(slash + 1);
    if (!is_name(pool) || !is_name(backend)) return std::nullopt;
    return BackendId{std::string{pool}, std::string{backend}};
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
    const auto near = config::nearest(word, known);
    return near.empty() ? "" : "; did you mean \"" + near + "\"?";
}

std::string one_line(const std::string& document) {
    std::string line;
    for (std::size_t i = 0; i < document.size(); ++i) {
        if (document[i] != '\n')
            line += document[i];
        else
            i = std::min(document.find_first_not_of(' ', i + 1), document.size()) - 1;
    }
    return line + "\n";
}

std::string complaint_of_duration(const std::string& text) {
    return parse_duration(text) ? "" : "expected a duration such as 500ms, 30s or 5m";
}

std::string complaint_of_interval(const std::string& text) {
    const auto every = parse_duration(text);
    return every && *every >= kShortestInterval
               ? ""
               : "expected a duration of 100ms or more, such as 5s";
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

}  // namespace lb::cli
