// SPDX-License-Identifier: Apache-2.0
/// encoding: what must hold of a text before a parser may see it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "model/spec.hpp"

namespace lb::config {

/// What is wrong with some bytes, and where.
struct Defect {
    std::string what;
    Where where;
};

/// At most `limit` bytes of UTF-8 (RFC 3629: no surrogates, nothing overlong) without control
/// characters but tab, carriage return and newline.
std::optional<Defect> defect(std::string_view text, std::size_t limit);

/// The bytes that start `text` and make one character, 0 if they are not UTF-8.
std::size_t character_length(std::string_view text);

/// UTF-8 without any control character: fit for one line.
bool is_printable(std::string_view text);

/// A value as a message may show it: at most 60 bytes, quoted, nothing that moves a terminal.
std::string shown(std::string_view value);

}  // namespace lb::config
