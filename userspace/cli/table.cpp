// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <algorithm>
#include <utility>

namespace lb::cli {
namespace {

constexpr std::size_t kGap = 2;

const char* escape_of(Ink ink) {
    switch (ink) {
        case Ink::good:
            return "\x1b[32m";
        case Ink::bad:
            return "\x1b[1;31m";
        case Ink::doubt:
            return "\x1b[33m";
        case Ink::faint:
            return "\x1b[2m";
        case Ink::title:
            return "\x1b[1m";
        case Ink::none:
            break;
    }
    return "";
}

bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7f;
}

/// U+0080 to U+009F: to some terminals they are what ESC and a letter are.
void mask_wide_controls(std::string& text) {
    for (std::size_t i = 0; i + 1 < text.size(); ++i)
        if (text[i] == '\xc2' && static_cast<unsigned char>(text[i + 1]) < 0xa0)
            text.replace(i, 2, "?");
}

/// Where the colour that begins at `at` ends; `at` itself where none does.
std::size_t after_escape(const std::string& text, std::size_t at) {
    if (text[at] != '\x1b') return at;
    const auto end = text.find('m', at);
    return end == text.npos ? text.size() : end + 1;
}

/// UTF-8: every character has one byte that does not continue another.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string line(const std::vector<Cell>& cells, const std::vector<Column>& columns,
                 const std::vector<std::size_t>& widths, const Style& style) {
    std::string result, pending;  // spaces are written only when something follows
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::string padding(widths[i] - width_of(cells[i].text), ' ');
        if (columns[i].is_number) pending += padding;
        if (!cells[i].text.empty())
            result += std::exchange(pending, {}) + paint(cells[i].text, cells[i].ink, style);
        if (!columns[i].is_number) pending += padding;
        pending.append(kGap, ' ');
    }
    return result + "\n";
}

/// Without the columns that only wide tables have.
Table narrow(const Table& wide) {
    Table table{{}, std::vector<std::vector<Cell>>(wide.rows.size())};
    for (std::size_t i = 0; i < wide.columns.size(); ++i) {
        if (wide.columns[i].is_extra) continue;
        table.columns.push_back(wide.columns[i]);
        for (std::size_t row = 0; row < wide.rows.size(); ++row)
            table.rows[row].push_back(wide.rows[row][i]);
    }
    return table;
}

}  // namespace

std::string paint(const std::string& text, Ink ink, const Style& style) {
    std::string clean = text;
    std::replace_if(clean.begin(), clean.end(), is_control, '?');
    mask_wide_controls(clean);
    if (!style.colour || ink == Ink::none) return clean;
    return escape_of(ink) + clean + "\x1b[0m";
}

std::string cut(const std::string& painted, std::size_t width) {
    std::size_t at = 0, seen = 0;
    bool is_coloured = false;
    while (at < painted.size()) {
        const auto next = after_escape(painted, at);
        is_coloured |= next != at;
        at = next;
        if (at >= painted.size() || painted[at] == '\x1b') continue;
        if (seen == width) return painted.substr(0, at) + (is_coloured ? "\x1b[0m" : "");
        ++seen;
        for (++at; at < painted.size() && (painted[at] & 0xc0) == 0x80;)
            ++at;  // the rest of the character
    }
    return painted;
}

std::string print(const Table& whole, const Style& style) {
    const auto table = style.wide ? whole : narrow(whole);
    std::vector<Cell> header;
    std::vector<std::size_t> widths;
    for (const auto& column : table.columns) {
        header.push_back({column.name, Ink::title});
        widths.push_back(style.headers ? width_of(column.name) : 0);
    }
    for (const auto& row : table.rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i].text));
    std::string text;
    if (style.headers) text += line(header, table.columns, widths, style);
    for (const auto& row : table.rows)
        text += line(row, table.columns, widths, style);
    return text;
}

}  // namespace lb::cli
