// SPDX-License-Identifier: Apache-2.0
#include "events/words.hpp"

#include <array>
#include <cstdio>
#include <ctime>

namespace lb::events {
namespace {

using namespace std::chrono_literals;

std::string number(const char* format, const std::optional<double>& value) {
    if (!value) return "unknown";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), format, *value);
    return text.data();
}

std::optional<double> percent(const std::optional<double>& ratio) {
    if (!ratio) return {};
    return *ratio * 100;
}

std::string healthy_of(const std::optional<Measure>& measure) {
    return measure ? std::to_string(measure->healthy) : "unknown";
}

std::string what_was_done(const Event& event) {
    if (event.kind == "drift.found") return "somebody changed the maps behind lbd: " + event.reason;
    if (event.kind == "daemon.detach") return event.kind + author(event) + ": " + event.reason;
    if (!event.kind.starts_with("config."))
        return event.kind + " " + event.pool + "/" + event.backend + author(event) + ": " +
               event.reason;
    auto words = "generation " + std::to_string(event.generation) + author(event);
    if (event.kind == "config.rollback") words += ", back from " + std::to_string(event.previous);
    if (!event.differences.empty()) words += ": " + joined(some_of(event.differences), "; ");
    if (!event.accepts.empty()) words += "; accepted " + joined(event.accepts, ", ");
    return words;
}

}  // namespace

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : between) + word;
    return text;
}

std::vector<std::string> some_of(const std::vector<std::string>& differences) {
    constexpr std::size_t kTold = 20;
    if (differences.size() <= kTold) return differences;
    std::vector<std::string> told(differences.begin(), differences.begin() + kTold);
    told.push_back("and " + std::to_string(differences.size() - kTold) + " more");
    return told;
}

std::string stamp(WallTime at) {
    const auto whole = std::chrono::system_clock::to_time_t(at);
    const auto rest = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()) % 1s;
    std::tm parts{};
    gmtime_r(&whole, &parts);
    std::array<char, 64> text{};
    const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03d",
                  static_cast<int>(rest.count()));
    return text.data();
}

std::string author(const Event& event) {
    std::string words;
    if (event.actor) {
        words += " by uid " + std::to_string(event.actor->login_uid.value_or(event.actor->uid));
        if (!event.actor->via.empty()) words += " via " + event.actor->via;
    }
    std::vector<std::string> said;
    if (!event.change_id.empty()) said.push_back("change " + event.change_id);
    if (!event.comment.empty()) said.push_back("\"" + event.comment + "\"");
    return said.empty() ? words : words + " (" + joined(said, ", ") + ")";
}

std::string healthy(const std::optional<Measure>& before, const std::optional<Measure>& after) {
    if (!before || !after || before->healthy == after->healthy) return {};
    return "healthy " + std::to_string(before->healthy) + " -> " + std::to_string(after->healthy);
}

std::string counted(const std::optional<Measure>& before, const std::optional<Measure>& after) {
    if (!before && !after) return "healthy unknown";
    auto words = "healthy " + healthy_of(before) + " -> " + healthy_of(after);
    if (after && after->backends > 0) words += " of " + std::to_string(after->backends);
    return words;
}

std::string effect(const Measure& before, const Measure& after) {
    auto words = counted(before, after);
    if (before.completion || after.completion)
        words += ", handshakes " + number("%.1f %%", percent(before.completion)) + " -> " +
                 number("%.1f %%", percent(after.completion));
    if (before.packets || after.packets)
        words += ", " + number("%.0f", before.packets) + " packets/s -> " +
                 number("%.0f", after.packets);
    return words;
}

std::string deed(const Event& event) {
    return stamp(event.at) + "  " + what_was_done(event);
}

}  // namespace lb::events
