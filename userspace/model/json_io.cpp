// SPDX-License-Identifier: Apache-2.0
#include "model/json_io.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace lb::json {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// In April 2262 WallTime overflows.
constexpr auto kLatest =
    std::chrono::floor<seconds>(WallTime::max().time_since_epoch()) - seconds{1};

}  // namespace

Json print_time(WallTime time) {
    if (time == WallTime{}) return nullptr;
    const auto count = std::chrono::floor<milliseconds>(time.time_since_epoch()).count();
    const std::time_t whole = count / 1000;
    std::tm parts{};
    gmtime_r(&whole, &parts);
    std::array<char, 64> stamp{};
    const auto size = std::strftime(stamp.data(), stamp.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::array<char, 8> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(count % 1000));
    return std::string{stamp.data(), size} + fraction.data();
}

std::optional<WallTime> parse_time(const std::string& text) {
    std::tm parts{};
    const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (!rest || *rest != '.' || text.end() - text.begin() - (rest - text.c_str()) != 5)
        return std::nullopt;
    int fraction = 0;
    const auto [end, error] = std::from_chars(rest + 1, rest + 4, fraction);
    if (error != std::errc{} || end != rest + 4 || *end != 'Z') return std::nullopt;
    const seconds whole{timegm(&parts)};
    if (whole < seconds{0} || whole > kLatest) return std::nullopt;
    return WallTime{whole} + milliseconds{fraction};
}

std::string print_hexadecimal(std::uint64_t number) {
    std::array<char, 16> digits{};
    const auto [end, error] = std::to_chars(digits.begin(), digits.end(), number, 16);
    return "0x" + std::string{digits.begin(), end};
}

std::optional<std::uint64_t> parse_hexadecimal(const std::string& text) {
    if (!text.starts_with("0x")) return std::nullopt;
    std::uint64_t number = 0;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + 2, last, number, 16);
    if (error != std::errc{} || end != last) return std::nullopt;
    return number;
}

bool parse_word(const std::string& word, CheckReason& value) {
    for (int i = 0; i < static_cast<int>(CheckReason::count); ++i) {
        value = static_cast<CheckReason>(i);
        if (word == text(value)) return true;
    }
    return false;
}

Writer new_document() {
    Writer writer;
    writer("schema_version", kSchemaVersion);
    return writer;
}

std::string dump(const Json& document) {
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace lb::json
