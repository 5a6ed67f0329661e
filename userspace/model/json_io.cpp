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

std::span<const Protocol> choices(Protocol) {
    using enum Protocol;
    static constexpr std::array kAll{tcp, udp};
    return kAll;
}
std::span<const ForwardMode> choices(ForwardMode) {
    using enum ForwardMode;
    static constexpr std::array kAll{ipip, l2, gue};
    return kAll;
}
std::span<const AllDown> choices(AllDown) {
    using enum AllDown;
    static constexpr std::array kAll{fail_open, fail_closed};
    return kAll;
}
std::span<const AdminState> choices(AdminState) {
    using enum AdminState;
    static constexpr std::array kAll{ready, drain, maint};
    return kAll;
}
std::span<const HealthState> choices(HealthState) {
    using enum HealthState;
    static constexpr std::array kAll{checking, up, down, stale, held_down, unchecked};
    return kAll;
}
std::span<const HealthVerdict> choices(HealthVerdict) {
    using enum HealthVerdict;
    static constexpr std::array kAll{none, up, down};
    return kAll;
}
std::span<const Outcome> choices(Outcome) {
    using enum Outcome;
    static constexpr std::array kAll{pass, fail, inconclusive};
    return kAll;
}
std::span<const Severity> choices(Severity) {
    using enum Severity;
    static constexpr std::array kAll{warning, error};
    return kAll;
}
std::span<const Refusal::Kind> choices(Refusal::Kind) {
    using enum Refusal::Kind;
    static constexpr std::array kAll{invalid, unknown, refused, failed, permission, busy};
    return kAll;
}
std::span<const WitnessVerdict> choices(WitnessVerdict) {
    using enum WitnessVerdict;
    static constexpr std::array kAll{too_few, normal, suspicious};
    return kAll;
}
std::span<const Flows> choices(Flows) {
    using enum Flows;
    static constexpr std::array kAll{all, existing, none};
    return kAll;
}
std::span<const CheckerState> choices(CheckerState) {
    using enum CheckerState;
    static constexpr std::array kAll{ok, suspect, broken};
    return kAll;
}
std::span<const GenerationState> choices(GenerationState) {
    using enum GenerationState;
    static constexpr std::array kAll{verifying, pending, confirmed, rolled_back};
    return kAll;
}
std::span<const Readiness::Obstacle> choices(Readiness::Obstacle) {
    using enum Readiness::Obstacle;
    static constexpr std::array kAll{none, detached, no_program, cut_off, no_backend};
    return kAll;
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
