// SPDX-License-Identifier: Apache-2.0
/// Tables for terminals: one record per line, aligned, no borders.
#pragma once

#include <string>
#include <vector>

namespace lb::cli {

/// How a word should look; it never carries meaning alone.
enum class Ink { none, good, bad, doubt, faint, title };

struct Style {
    bool colour = false;
    bool headers = true;
    bool wide = false;  ///< all columns
};

/// `text` in its colour.  Control characters become "?": what is printed may come from strangers.
std::string paint(const std::string& text, Ink ink, const Style& style);

/// The first `width` characters of what paint() made of texts; their colours end there.
std::string cut(const std::string& painted, std::size_t width);

struct Cell {
    std::string text;
    Ink ink = Ink::none;
};

struct Column {
    std::string name;
    bool is_number = false;  ///< aligned to the right
    bool is_extra = false;   ///< only in wide tables
};

struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<Cell>> rows;
};

/// No space at the ends of lines.  Width counts characters, not bytes.
std::string print(const Table& table, const Style& style);

}  // namespace lb::cli
