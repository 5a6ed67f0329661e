// SPDX-License-Identifier: Apache-2.0
#include "health/notes.hpp"

#include "health/wire.hpp"

namespace lb::health {
namespace {

constexpr std::size_t kLongestLine = 256;

}  // namespace

void Notes::add(char mark, std::string_view lines) {
    while (wanted_ && !lines.empty()) {
        const auto end = lines.find('\n');
        auto line = lines.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) add_line(mark, line);
        lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
    }
}

void Notes::add_line(char mark, std::string_view line) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string escaped{mark, ' '};
    for (const char c : line.substr(0, kLongestLine)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte <= 0x7e)
            escaped += c;
        else
            escaped.append({'\\', 'x', kHex[byte >> 4], kHex[byte & 15]});
    }
    escaped.resize(std::min(escaped.size(), kLongestLine));
    escaped += '\n';
    if (text_.size() + escaped.size() <= kLargestTranscript) text_ += escaped;
}

}  // namespace lb::health
