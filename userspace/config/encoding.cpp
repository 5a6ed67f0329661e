// SPDX-License-Identifier: Apache-2.0
#include "config/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace lb::config {
namespace {

constexpr std::size_t kShown = 60;

unsigned byte(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// U+0000 to U+001F, U+007F to U+009F.
bool is_control(std::string_view character) {
    const auto first = byte(character, 0);
    if (character.size() == 2) return first == 0xc2 && byte(character, 1) < 0xa0;
    return first < 0x20 || first == 0x7f;
}

bool is_white(char c) {
    return c == '\t' || c == '\r' || c == '\n';
}

/// The smallest second byte and the largest that RFC 3629, section 4, allows after `first`.
std::pair<unsigned, unsigned> second_byte(unsigned first) {
    switch (first) {
        case 0xe0:
            return {0xa0, 0xbf};
        case 0xed:
            return {0x80, 0x9f};
        case 0xf0:
            return {0x90, 0xbf};
        case 0xf4:
            return {0x80, 0x8f};
        default:
            return {0x80, 0xbf};
    }
}

std::size_t length_by_first_byte(unsigned first) {
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 3;
    return first < 0xf5 ? 4 : 0;
}

}  // namespace

std::size_t character_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto length = length_by_first_byte(byte(text, 0));
    if (length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        const auto [least, most] = i == 1 ? second_byte(byte(text, 0)) : second_byte(0);
        if (byte(text, i) < least || byte(text, i) > most) return 0;
    }
    return length;
}

std::optional<Defect> defect(std::string_view text, std::size_t limit) {
    if (text.size() > limit)
        return Defect{"larger than " + std::to_string(limit >> 20) + " MiB", {1, 1}};
    Where where{1, 1};
    while (!text.empty()) {
        const auto length = character_length(text);
        if (length == 0) return Defect{"not UTF-8", where};
        if (is_control(text.substr(0, length)) && !is_white(text.front()))
            return Defect{"a control character", where};
        ++where.column;
        if (text.front() == '\n') where = {where.line + 1, 1};
        text.remove_prefix(length);
    }
    return std::nullopt;
}

bool is_printable(std::string_view text) {
    while (!text.empty()) {
        const auto length = character_length(text);
        if (length == 0 || is_control(text.substr(0, length))) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string shown(std::string_view value) {
    std::string out = "\"";
    auto rest = value.substr(0, kShown);
    while (!rest.empty()) {
        const auto character = rest.substr(0, std::max<std::size_t>(1, character_length(rest)));
        const bool is_plain = is_printable(character);
        std::array<char, 5> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "\\x%02x", byte(rest, 0));
        out += is_plain ? character : std::string_view{escaped.data()};
        rest.remove_prefix(is_plain ? character.size() : 1);
    }
    return out + (value.size() > kShown ? "...\"" : "\"");
}

}  // namespace lb::config
