// SPDX-License-Identifier: Apache-2.0
#include "cli/pins.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <linux/magic.h>
#include <sys/vfs.h>

namespace lb::cli {
namespace {

namespace fs = std::filesystem;

bool is_link(const std::string& path, const std::string& folder) {
    return path.starts_with((fs::path{folder} / "links/").string());
}

}  // namespace

Result<std::vector<std::string>> pins_in(const std::string& folder) {
    struct statfs system {};
    if (statfs(folder.c_str(), &system) != 0) {
        if (errno == ENOENT) return std::vector<std::string>{};
        return Error::from_errno(folder, errno);
    }
    if (system.f_type != BPF_FS_MAGIC)
        return Error{folder + ": not on a bpf file system; pins are never elsewhere"};
    std::error_code error;
    std::vector<std::string> pins{folder};
    for (fs::recursive_directory_iterator each{folder, error}, end; !error && each != end;
         each.increment(error))
        pins.push_back(each->path());
    if (error) return Error{folder + ": " + error.message()};
    std::reverse(pins.begin(), pins.end());  // what a folder holds comes before the folder
    std::stable_partition(pins.begin(), pins.end(),
                          [&](const std::string& path) { return is_link(path, folder); });
    return pins;
}

Result<> remove_pins(const std::vector<std::string>& pins) {
    for (const auto& pin : pins)
        if (std::remove(pin.c_str()) != 0 && errno != ENOENT)
            return Error::from_errno("remove " + pin, errno);
    return {};
}

}  // namespace lb::cli
