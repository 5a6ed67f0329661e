// SPDX-License-Identifier: Apache-2.0
/// Files that survive a crash: read whole, replaced whole.
#pragma once

#include <cstddef>
#include <string>

#include <sys/types.h>

#include "base/result.hpp"

namespace lb {

/// The whole file, refused above `limit` bytes.  "-" is standard input.
Result<std::string> read_file(const std::string& path, std::size_t limit = 16 << 20);

/// The same of one that is open; `path` is for messages.
Result<std::string> read_open(int fd, const std::string& path, std::size_t limit);

/// Old or new content, never a part: temporary file in the same folder (O_EXCL, O_NOFOLLOW),
/// fsync, rename, fsync of the folder.
Result<> replace_file(const std::string& path, const std::string& content, mode_t mode);

/// A rename in the folder survives a crash afterwards.
Result<> sync_folder(const std::string& path);

/// The folder exists afterwards, with parents; a new one has `mode`.
Result<> make_folder(const std::string& path, mode_t mode);

}  // namespace lb
