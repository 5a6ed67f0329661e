// SPDX-License-Identifier: Apache-2.0
#include "base/journal.hpp"

#include <cstdint>

#include <sys/stat.h>

namespace lb {

std::string journal_datagram(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::string bytes;
    for (const auto& [name, value] : fields) {
        if (value.find('\n') == std::string::npos) {
            bytes += name + "=" + value + "\n";
            continue;
        }
        bytes += name + "\n";
        for (unsigned i = 0; i < 8; ++i)
            bytes += static_cast<char>(std::uint64_t{value.size()} >> (8 * i) & 0xff);
        bytes += value + "\n";
    }
    return bytes;
}

bool is_journal_stream(const char* journal_stream, int fd) {
    struct stat file {};
    if (!journal_stream || fstat(fd, &file) != 0) return false;
    return std::to_string(file.st_dev) + ":" + std::to_string(file.st_ino) == journal_stream;
}

}  // namespace lb
