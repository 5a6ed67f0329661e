// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

#include <unistd.h>

#include "base/file.hpp"
#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/child.hpp"
#include "cli/doctor.hpp"
#include "config/print.hpp"
#include "model/json.hpp"
#include "model/json_host.hpp"
#include "model/secret.hpp"

namespace lb::cli {
namespace {

constexpr std::size_t kMostGenerations = 10;
constexpr std::size_t kSeed = 32;  // hexadecimal digits
constexpr auto kGenerations = "/api/v1/generations";
constexpr std::size_t kLargestFile = std::size_t{64} << 20;

bool is_hexadecimal(char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}

Part part(const std::string& name, const Outcome<std::string>& got) {
    return got ? Part{name, *got} : Part{name, {}, got.error().what};
}

Part part(const std::string& name, const Result<std::string>& got) {
    return got ? Part{name, *got} : Part{name, {}, got.error().what};
}

/// /proc tells no size: read until it ends.
Part of_kernel(const std::string& name, const std::string& path) {
    std::ifstream file{path};
    std::ostringstream text;
    text << file.rdbuf();
    return file ? Part{name, text.str()} : Part{name, {}, path + ": cannot be read"};
}

/// Canonical text of a file; of one that is wrong, what is wrong with it, without its lines: there
/// may be a secret in them, and in a wrong place.
Part of_file(const std::string& path) {
    const auto candidate = read_candidate(path, "");
    if (!candidate) return {"file.yaml", {}, candidate.error().what};
    const auto& findings = candidate->review.findings;
    if (has_errors(findings)) return {"file.yaml", checklist::as_text(findings, path, "")};
    return {"file.yaml", config::print(candidate->reading.spec)};
}

class Collection {
public:
    Collection(const Session& session, const Places& places) : session_{session}, places_{places} {}

    Part ask(const std::string& name, const std::string& path) const {
        return part(name, session_.client().get(path));
    }

    /// What `apply` of the file would change.
    Part pending() const {
        const auto candidate = read_candidate(places_.config, "");
        if (!candidate) return {"pending.json", {}, candidate.error().what};
        const auto text = config::print(candidate->reading.spec, config::Secrets::shown);
        return part(
            "pending.json",
            session_.client().post("/api/v1/diff",
                                   json::print_strings({{"to_config", text}, {"text", "true"}})));
    }

    Part doctor() const {
        const auto found = examine(session_, {"", places_.config, places_.pins, {}});
        if (!found) return {"doctor.txt", {}, found.error().what};
        return {"doctor.txt", told(*found, {}) + "\n" + json::print(*found)};
    }

    /// From lbd, else what it has written.
    Part events() const {
        auto asked = ask("events.json", "/api/v1/events?last=168h");
        if (asked.missing.empty()) return asked;
        auto read = part("events.jsonl", read_file(places_.state + "/events.jsonl", kLargestFile));
        if (!read.missing.empty()) read.missing = asked.missing + "; " + read.missing;
        return read;
    }

    static Part journal() {
        auto read = part("journal.txt",
                         output_of({"timeout", "20", "journalctl", "--quiet", "--no-pager",
                                    "--output=short-iso-precise", "--unit=lbd", "--lines=5000"}));
        if (read.missing.empty() && read.content.empty())
            read.missing = "it says nothing about lbd to uid " + std::to_string(getuid());
        read.content = without_excerpts(read.content);
        return read;
    }

    /// The newest, with the text and the plan of each.
    std::vector<Part> generations() const {
        const auto answer = session_.client().get(kGenerations);
        std::vector<Part> parts{part("generations.json", answer)};
        if (!answer) return parts;
        const auto known = json::parse_generations(*answer);
        for (std::size_t i = 0; known && i < std::min(known->size(), kMostGenerations); ++i) {
            const auto number = std::to_string((*known)[i].meta.number);
            const auto path = kGenerations + ("/" + number);
            parts.push_back(ask("generation-" + number + ".yaml", path + "/config"));
            const auto plan = session_.client().get(path + "/plan");
            if (plan || plan.error().exit != Exit::unknown)  // a way back has none
                parts.push_back(part("generation-" + number + "-plan.json", plan));
        }
        return parts;
    }

private:
    const Session& session_;
    const Places& places_;
};

}  // namespace

std::vector<Part> collect(const Session& session, const Places& places,
                          const std::function<bool(const std::string&)>& going_on) {
    const Collection from{session, places};
    const std::vector<std::pair<std::string, std::function<std::vector<Part>()>>> steps{
        {"state",
         [&] {
             return std::vector{from.ask("version.json", "/api/v1/version"),
                                from.ask("status.json", "/api/v1/status"),
                                from.ask("running.yaml", "/api/v1/config"),
                                from.ask("metrics.txt", "/metrics")};
         }},
        {"generations", [&] { return from.generations(); }},
        {"file",
         [&] {
             return std::vector{of_file(places.config), from.pending()};
         }},
        {"events", [&] { return std::vector{from.events()}; }},
        {"host", [&] { return std::vector{from.doctor()}; }},
        {"journal", [] { return std::vector{Collection::journal()}; }},
        {"kernel",
         [] {
             return std::vector{of_kernel("kernel-version.txt", "/proc/version"),
                                of_kernel("kernel-memory.txt", "/proc/meminfo"),
                                of_kernel("kernel-load.txt", "/proc/loadavg"),
                                of_kernel("kernel-interfaces.txt", "/proc/self/net/dev"),
                                of_kernel("kernel-softnet.txt", "/proc/self/net/softnet_stat"),
                                of_kernel("kernel-routes.txt", "/proc/self/net/route")};
         }},
    };
    std::vector<Part> parts;
    for (const auto& [name, step] : steps) {
        if (!going_on(name)) break;
        for (auto& each : step())
            parts.push_back({each.name, masked(each.content), masked(each.missing)});
    }
    return parts;
}

std::string without_excerpts(const std::string& journal) {
    std::istringstream stream{journal};
    std::vector<std::string> kept;
    for (std::string line; std::getline(stream, line);) {
        const auto before = line.find_last_not_of(' ', std::max<std::size_t>(line.size(), 2) - 2);
        const bool is_caret = line.ends_with(" ^") && before != line.npos && line[before] == ':';
        if (is_caret && !kept.empty()) kept.pop_back();
        if (!is_caret) kept.push_back(line + "\n");
    }
    return std::accumulate(kept.begin(), kept.end(), std::string{});
}

std::string masked(const std::string& text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        auto end = at;
        while (end < text.size() && is_hexadecimal(text[end]))
            ++end;
        if (end - at == kSeed)
            result += kMasked;
        else
            result.append(text, at, std::max<std::size_t>(end - at, 1));
        at = std::max(end, at + 1);
    }
    return result;
}

std::string list_of(const std::vector<Part>& parts, const std::string& head) {
    auto text = head + "\n\n";
    for (const auto& each : parts)
        text += each.missing.empty()
                    ? each.name + "\n"
                    : each.name + "  MISSING: " + paint(each.missing, Ink::none, {}) + "\n";
    return text;
}

}  // namespace lb::cli
