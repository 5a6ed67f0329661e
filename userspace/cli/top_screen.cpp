// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <sstream>

#include "cli/cells.hpp"
#include "cli/top.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kAround = 2;  // lines of a table besides its rows: an empty one, its header
constexpr std::size_t kMostProblems = 3;

std::string number(const std::optional<double>& rate) {
    if (!rate) return "-";
    if (*rate > 0 && *rate < 1) return "<1";
    return short_number(static_cast<std::uint64_t>(std::llround(*rate)));
}

Cell handshakes(const Greetings& seen) {
    if (seen.samples == 0) return {"-", Ink::faint};
    return {percent(seen.ratio)};
}

Cell latency(const Greetings& seen) {
    if (seen.samples == 0 || seen.latency.count() == 0) return {"-", Ink::faint};
    return {milliseconds_text(seen.latency)};
}

std::vector<Cell> row(const VipActivity& its, WallTime) {
    return {{its.vip.name},
            {address_of(its.vip)},
            {its.vip.mode, ink_of_mode(its.vip.mode)},
            healthy_cell(its.vip.healthy, its.vip.ready),
            {std::to_string(its.eligible), its.eligible == 0 ? Ink::bad : Ink::none},
            {number(its.rate.packets)},
            {number(its.rate.bytes)},
            handshakes(its.greetings),
            latency(its.greetings)};
}

std::vector<Cell> row(const BackendActivity& its, WallTime now) {
    const auto& backend = its.backend;
    return {{backend.id.text()},
            {text(backend.state), ink_of(backend.state)},
            {text(backend.health.state), ink_of(backend.health.state)},
            {age(backend.health.since, now)},
            {text(backend.flows)},
            {number(its.rate.packets)},
            {number(its.rate.bytes)},
            handshakes_cell(backend.witness),
            latency({backend.witness.samples, 0, backend.witness.latency}),
            {why(backend)}};
}

std::vector<Column> columns(const VipActivity*) {
    return {{"VIP"},           {"ADDRESS"},          {"MODE"},
            {"HEALTHY", true}, {"ELIGIBLE", true},   {"PACKETS/S", true},
            {"BYTES/S", true}, {"HANDSHAKES", true}, {"LATENCY", true}};
}

std::vector<Column> columns(const BackendActivity*) {
    return {
        {"BACKEND"},         {"STATE"},         {"HEALTH"},           {"SINCE", true},   {"FLOWS"},
        {"PACKETS/S", true}, {"BYTES/S", true}, {"HANDSHAKES", true}, {"LATENCY", true}, {"WHY"}};
}

void append(Lines& lines, const std::string& text) {
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
}

/// Of `rows` those from `first` on that have room; the header says which, if that is not all.
template <class Row>
void append(Lines& lines, const std::vector<Row>& rows, std::size_t first, std::size_t room,
            WallTime now, const Style& style) {
    if (room <= kAround) return;
    Table table{columns(static_cast<const Row*>(nullptr)), {}};
    const auto end = std::min(rows.size(), first + room - kAround);
    for (auto i = first; i < end; ++i)
        table.rows.push_back(row(rows[i], now));
    if (end - first < rows.size())
        table.columns[0].name += " " + std::to_string(first + 1) + "-" + std::to_string(end) +
                                 " of " + std::to_string(rows.size());
    lines.emplace_back();
    append(lines, print(table, style));
}

Lines head(const ActivityView& view, const Wish& wish, const std::string& trouble,
           const Style& style) {
    Lines lines{paint("generation " + std::to_string(view.generation) + "  " + full_time(view.at) +
                          (wish.is_paused ? "  PAUSED" : ""),
                      Ink::title, style)};
    if (!trouble.empty()) lines.push_back(paint("NOT NOW: " + trouble, Ink::bad, style));
    if (view.problems.empty()) lines.push_back(paint("no problems", Ink::good, style));
    for (std::size_t i = 0; i < std::min(view.problems.size(), kMostProblems); ++i)
        lines.push_back(paint("PROBLEM  " + view.problems[i], Ink::bad, style));
    if (view.problems.size() > kMostProblems)
        lines.push_back("... and " + std::to_string(view.problems.size() - kMostProblems) +
                        " more (lbctl status)");
    return lines;
}

std::string foot(const Wish& wish, const Style& style) {
    if (wish.is_typing) return paint("filter: " + wish.filter + "_", Ink::title, style);
    const auto filter = wish.filter.empty() ? "" : ": " + wish.filter;
    return paint(std::string{"q quit  p pause  s sort: "} + text(wish.order) +
                     (wish.is_reversed ? " (reversed)" : "") + "  r reverse  / filter" + filter +
                     "  Tab vips, backends, both",
                 wish.filter.empty() ? Ink::faint : Ink::title, style);
}

void keep_in_view(std::size_t& skipped, std::size_t rows, std::size_t room) {
    const auto page = room > kAround ? room - kAround : 0;
    skipped = std::min(skipped, rows > page ? rows - page : 0);
}

/// Vips get a third at most, where both are shown; what is scrolled are the backends then.
void append_body(Lines& lines, const ActivityView& view, Wish& wish, std::size_t room,
                 const Style& style) {
    if (wish.section == Section::vips) {
        keep_in_view(wish.skipped, view.vips.size(), room);
        return append(lines, view.vips, wish.skipped, room, view.at, style);
    }
    if (wish.section == Section::both) {
        const auto part = std::min(view.vips.size() + kAround, room / 3);
        append(lines, view.vips, 0, part, view.at, style);
        room -= part > kAround ? part : 0;
    }
    keep_in_view(wish.skipped, view.backends.size(), room);
    append(lines, view.backends, wish.skipped, room, view.at, style);
}

}  // namespace

std::vector<std::string> screen(const ActivityView& view, Wish& wish, const std::string& trouble,
                                Size size, const Style& style) {
    auto lines = head(view, wish, trouble, style);
    if (size.rows > lines.size() + 1)
        append_body(lines, view, wish, size.rows - lines.size() - 1, style);
    lines.resize(std::max<std::size_t>(size.rows, 2) - 1);
    if (size.rows > 1) lines.push_back(foot(wish, style));
    for (auto& line : lines)
        line = cut(line, size.columns);
    return lines;
}

}  // namespace lb::cli
