// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "cli/top.hpp"

namespace lb::cli {
namespace {

constexpr std::size_t kLongestFilter = 64;

constexpr std::array kSequences{
    std::pair{std::string_view{"\x1b[A"}, Key::Kind::up},
    std::pair{std::string_view{"\x1b[B"}, Key::Kind::down},
    std::pair{std::string_view{"\x1bOA"}, Key::Kind::up},
    std::pair{std::string_view{"\x1bOB"}, Key::Kind::down},
    std::pair{std::string_view{"\x1b[5~"}, Key::Kind::page_up},
    std::pair{std::string_view{"\x1b[6~"}, Key::Kind::page_down},
    std::pair{std::string_view{"\x1b[H"}, Key::Kind::home},
};

/// Bytes of the escape sequence that `bytes` begins with: up to its final letter.
std::size_t length_of_sequence(std::string_view bytes) {
    if (bytes.size() < 2 || (bytes[1] != '[' && bytes[1] != 'O')) return 1;
    std::size_t length = 2;
    while (length < bytes.size() && (bytes[length] < 0x40 || bytes[length] > 0x7e))
        ++length;
    return std::min(length + 1, bytes.size());
}

Key key_of(std::string_view sequence) {
    for (const auto& [text, kind] : kSequences)
        if (sequence == text) return {kind};
    return {sequence == "\x1b" ? Key::Kind::escape : Key::Kind::other};
}

Key key_of(char byte) {
    if (byte == '\r' || byte == '\n') return {Key::Kind::enter};
    if (byte == 0x7f || byte == '\b') return {Key::Kind::erase};
    if (byte == '\t') return {Key::Kind::tab};
    return byte >= ' ' ? Key{Key::Kind::letter, byte} : Key{};
}

void type(Wish& wish, const Key& key) {
    if (key.kind == Key::Kind::enter || key.kind == Key::Kind::escape) wish.is_typing = false;
    if (key.kind == Key::Kind::escape) wish.filter.clear();
    if (key.kind == Key::Kind::erase && !wish.filter.empty()) wish.filter.pop_back();
    if (key.kind == Key::Kind::letter && wish.filter.size() < kLongestFilter)
        wish.filter += key.letter;
    wish.skipped = 0;
}

template <class Enum>
void next(Enum& value, Enum last) {
    value = value == last ? Enum{} : static_cast<Enum>(static_cast<int>(value) + 1);
}

void press_letter(Wish& wish, char letter) {
    switch (letter) {
        case 'q':
            wish.is_over = true;
            break;
        case 'p':
        case ' ':
            wish.is_paused = !wish.is_paused;
            break;
        case 's':
            next(wish.order, Order::latency);
            break;
        case 'r':
            wish.is_reversed = !wish.is_reversed;
            break;
        case '/':
            wish.is_typing = true;
            wish.filter.clear();
            break;
        case 'j':
            ++wish.skipped;
            break;
        case 'k':
            wish.skipped -= std::min<std::size_t>(wish.skipped, 1);
            break;
        default:
            break;
    }
}

}  // namespace

std::vector<Key> keys_in(std::string_view bytes) {
    std::vector<Key> keys;
    while (!bytes.empty()) {
        const auto length = bytes.front() == '\x1b' ? length_of_sequence(bytes) : 1;
        keys.push_back(bytes.front() == '\x1b' ? key_of(bytes.substr(0, length))
                                               : key_of(bytes.front()));
        bytes.remove_prefix(length);
    }
    return keys;
}

void press(Wish& wish, const Key& key, std::size_t page) {
    if (wish.is_typing) return type(wish, key);
    switch (key.kind) {
        case Key::Kind::letter:
            return press_letter(wish, key.letter);
        case Key::Kind::tab:
            wish.skipped = 0;
            return next(wish.section, Section::backends);
        case Key::Kind::down:
            return press_letter(wish, 'j');
        case Key::Kind::up:
            return press_letter(wish, 'k');
        case Key::Kind::page_down:
            wish.skipped += page;
            break;
        case Key::Kind::page_up:
            wish.skipped -= std::min(wish.skipped, page);
            break;
        case Key::Kind::home:
            wish.skipped = 0;
            break;
        case Key::Kind::escape:
            wish.filter.clear();
            break;
        default:
            break;
    }
}

}  // namespace lb::cli
