// SPDX-License-Identifier: Apache-2.0
#include "host/event_hook.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

namespace lb::host {
namespace {

/// Of a folder that everybody may write, but only own entries in (/tmp), others cannot take one
/// away.
bool is_anybodys(const struct stat& status) {
    const bool is_shared = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
    return (status.st_mode & S_IWOTH) != 0 && !is_shared;
}

Obstacle obstacle_of_file(const std::string& path, const struct stat& status) {
    if (!S_ISREG(status.st_mode)) return {"is no file", "correct node.event_hook"};
    if ((status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
        return {"is not executable", "chmod 755 " + path};
    return {};
}

}  // namespace

Result<Obstacle> obstacle_of(const std::string& program) {
    std::error_code none;
    const auto real = std::filesystem::canonical(program, none).string();
    if (none == std::errc::permission_denied) return Error{program + ": " + none.message()};
    if (none)
        return Obstacle{none == std::errc::no_such_file_or_directory
                            ? "does not exist"
                            : "leads nowhere: " + none.message(),
                        "put a program there, or correct node.event_hook"};
    struct stat status {};
    if (stat(real.c_str(), &status) != 0) return Error::from_errno(real, errno);
    if (auto found = obstacle_of_file(real, status); !found.empty()) return found;
    for (std::filesystem::path each{real};; each = each.parent_path()) {
        if (stat(each.c_str(), &status) != 0) return Error::from_errno(each.string(), errno);
        if (is_anybodys(status))
            return Obstacle{
                "can be changed by everybody: " + each.string() + " is writable for all",
                "chmod o-w " + each.string()};
        if (each == each.root_path()) return Obstacle{};
    }
}

}  // namespace lb::host
