// SPDX-License-Identifier: Apache-2.0
/// The journal's native protocol (systemd, docs/JOURNAL_NATIVE_PROTOCOL.md): one datagram per
/// entry.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lb {

/// One entry as the datagram's bytes: "NAME=value\n", or, where the value holds a newline,
/// "NAME\n", its length as 64 bits little-endian, the value, "\n".
std::string journal_datagram(const std::vector<std::pair<std::string, std::string>>& fields);

/// True when $JOURNAL_STREAM ("device:inode") names the file that `fd` is open on.
bool is_journal_stream(const char* journal_stream, int fd);

}  // namespace lb
