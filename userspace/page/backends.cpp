// SPDX-License-Identifier: Apache-2.0
/// The backends: all of them; where there are many, those that want a look, and then everybody, in
/// groups that can be unfolded.
#include <algorithm>

#include "page/html.hpp"
#include "page/sections.hpp"

namespace lb::page {
namespace {

using std::chrono::duration;

constexpr double kShortest = 0.4, kLongest = 20;  // seconds from which a rate can be told

bool is_well(const BackendView& backend) {
    return backend.health.state == HealthState::up && backend.eligible &&
           backend.witness.verdict != WitnessVerdict::suspicious;
}

/// "UP", "DOWN at 192.0.2.10, UP at 192.0.2.11", "UP, drain until 03:12:05: new kernel"
std::string state_of(const BackendView& backend, WallTime now) {
    const auto& targets = backend.targets;
    const bool is_same = std::ranges::all_of(targets, [&](const TargetView& target) {
        return target.health.state == backend.health.state;
    });
    std::string html;
    if (is_same) html = std::string{"<strong>"} + text(backend.health.state) + "</strong>";
    for (const auto& target : targets)
        if (!is_same)
            html += (html.empty() ? "<strong>" : ", <strong>") +
                    std::string{text(target.health.state)} + "</strong>" +
                    (target.via ? " at " + text(target.via->text()) : "");
    if (backend.state != AdminState::ready) {
        html += std::string{", "} + text(backend.state);
        if (backend.state_until != WallTime{}) html += " until " + moment(backend.state_until, now);
        if (!backend.state_reason.empty()) html += ": " + sentence(backend.state_reason);
    } else if (!backend.eligible && backend.health.state == HealthState::up) {
        html += ", gets no new flows";
    }
    if (!backend.weight_reason.empty()) {
        html += ", weight " + std::to_string(backend.weight);
        if (backend.weight_until != WallTime{})
            html += " until " + moment(backend.weight_until, now);
        html += ": " + sentence(backend.weight_reason);
    }
    return html;
}

/// "98.5 % of 210, 0.4 ms", and what that means.
std::string handshakes(const Testimony& witness) {
    if (witness.samples == 0) return "-";
    auto words = percent(witness.ratio) + " of " + std::to_string(witness.samples);
    if (witness.completed > 0) words += ", " + latency(witness.latency);
    if (witness.verdict == WitnessVerdict::suspicious) words += ": <strong>too few</strong>";
    return words;
}

/// "pass, 0.4 ms, 03:12:05"
std::string last_check(const BackendHealth& health, WallTime now) {
    if (!health.last) return "-";
    const auto& last = *health.last;
    auto words = std::string{text(last.outcome)};
    if (last.reason != CheckReason::ok) words += ": " + text(describe(last));
    return words + ", " + latency(last.duration) + ", " + moment(health.last_at, now);
}

std::string row(const BackendView& backend, const std::string& key, const std::string& rate,
                WallTime now) {
    const auto& health = backend.health;
    return "<tr id=\"" + key + "-" + text(backend.id.text()) + "\"" +
           (is_well(backend) ? "" : " class=\"bad\"") + ">" +
           heading_cell(text(backend.id.backend) + " <small>" + text(backend.address.text()) +
                        "</small>") +
           cell(state_of(backend, now)) + cell(moment(health.since, now)) +
           cell(sentence(health.why)) + cell(percent(backend.share)) + cell(rate) +
           cell(handshakes(backend.witness)) + cell(last_check(health, now)) + "</tr>\n";
}

std::string open_table(const std::string& caption) {
    return "<table>\n" +
           table_head(caption, {"backend", "state", "since (UTC)", "why", "share of slots",
                                "packets/s", "handshakes", "last check"});
}

constexpr const char* kOpenBody = "<tbody>\n";
constexpr const char* kCloseTable = "</tbody>\n</table>\n";

/// The backends of one pool, as pieces of the page.
class PoolTables {
public:
    PoolTables(const Moment& now, std::size_t place, const Rates& rates, bool is_folded,
               std::vector<Page::Piece>& pieces)
        : now_{now},
          pool_{now.status.pools[place]},
          place_{place},
          rates_{rates},
          is_folded_{is_folded},
          pieces_{pieces} {}

    void print() {
        const auto name = text(pool_.name);
        say("<h3 id=\"b-" + name + "\">" + name + "</h3>\n");
        if (pool_.backends.empty()) return say("<p>It has no backend.</p>\n");
        if (!is_folded_) {
            say(open_table("Backends of pool " + name) + kOpenBody);
            for (std::size_t i = 0; i < pool_.backends.size(); ++i)
                say(row_at(i, "b"));
            return say(kCloseTable);
        }
        print_troubled();
        for (std::size_t first = 0; first < pool_.backends.size(); first += kGroup)
            print_group(first);
    }

private:
    void say(const std::string& html) {
        if (pieces_.back().group.empty())
            pieces_.back().html += html;
        else
            pieces_.push_back({"", html});
    }
    std::string row_at(std::size_t i, const std::string& key) const {
        const auto& backend = pool_.backends[i];
        return row(backend, key, rates_.of(backend, place_, i), now_.at);
    }
    void print_troubled() {
        std::vector<std::size_t> troubled;
        for (std::size_t i = 0; i < pool_.backends.size(); ++i)
            if (!is_well(pool_.backends[i])) troubled.push_back(i);
        const auto all = std::to_string(pool_.backends.size());
        if (troubled.empty()) return say("<p class=\"good\">All " + all + " are well.</p>\n");
        say("<p>" + std::to_string(troubled.size()) + " of " + all + " are not well" +
            (troubled.size() > kGroup ? "; the first " + std::to_string(kGroup) + ":" : ":") +
            "</p>\n");
        say(open_table("Backends of pool " + text(pool_.name) + " that are not well") + kOpenBody);
        for (std::size_t i = 0; i < std::min(troubled.size(), kGroup); ++i)
            say(row_at(troubled[i], "t"));
        say(kCloseTable);
    }
    void print_group(std::size_t first) {
        const auto end = std::min(first + kGroup, pool_.backends.size());
        const auto group = pool_.name + ":" + std::to_string(first / kGroup);
        const auto title = text(pool_.backends[first].id.backend) + " to " +
                           text(pool_.backends[end - 1].id.backend);
        const auto well =
            std::count_if(pool_.backends.begin() + static_cast<std::ptrdiff_t>(first),
                          pool_.backends.begin() + static_cast<std::ptrdiff_t>(end), is_well);
        say("<details id=\"g-" + text(group) + "\"><summary>" + title + ": " +
            std::to_string(well) + " of " + std::to_string(end - first) + " are well</summary>\n" +
            open_table("Backends " + title) + "<tbody data-group=\"" + text(group) + "\">\n");
        std::string rows;
        for (auto i = first; i < end; ++i)
            rows += row_at(i, "b");
        pieces_.push_back({group, std::move(rows)});
        say(std::string{kCloseTable} + "</details>\n");
    }

    const Moment& now_;
    const PoolView& pool_;
    std::size_t place_;
    const Rates& rates_;
    bool is_folded_;
    std::vector<Page::Piece>& pieces_;
};

}  // namespace

Rates::Rates(const Moment& now, const Moment* before) : before_{before} {
    if (before) seconds_ = duration<double>{now.at - before->at}.count();
    if (seconds_ < kShortest || seconds_ > kLongest) before_ = nullptr;
}

std::string Rates::between(std::uint64_t then, std::uint64_t now) const {
    if (now < then) return "-";  // its counter began anew
    return amount(static_cast<double>(now - then) / seconds_);
}

std::string Rates::of(const VipView& vip, std::size_t place) const {
    if (!before_ || place >= before_->status.vips.size()) return "-";
    const auto& then = before_->status.vips[place];
    return then.name == vip.name ? between(then.count.packets, vip.count.packets) : "-";
}

std::string Rates::of(const BackendView& backend, std::size_t pool, std::size_t place) const {
    if (!before_ || pool >= before_->status.pools.size()) return "-";
    const auto& backends = before_->status.pools[pool].backends;
    if (place >= backends.size() || backends[place].id != backend.id) return "-";
    return between(backends[place].count.packets, backend.count.packets);
}

void backends(const Moment& now, const Rates& rates, std::vector<Page::Piece>& pieces) {
    pieces.push_back({"",
                      "<section aria-labelledby=\"backends\">\n"
                      "<h2 id=\"backends\">Backends</h2>\n"});
    if (now.status.pools.empty()) pieces.back().html += "<p>None is configured.</p>\n";
    std::size_t all = 0;
    for (const auto& pool : now.status.pools)
        all += pool.backends.size();
    for (std::size_t place = 0; place < now.status.pools.size(); ++place)
        PoolTables{now, place, rates, all > kMostUnfolded, pieces}.print();
    if (!pieces.back().group.empty()) pieces.push_back({"", ""});
    pieces.back().html += "</section>\n";
}

}  // namespace lb::page
