// SPDX-License-Identifier: Apache-2.0
#include "cli/pins.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <bpf/bpf.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "base/fd.hpp"

namespace lb::cli {
namespace {

namespace fs = std::filesystem;

bool is_link(const fs::path& path) {
    return path.parent_path().filename() == "links";
}

/// At once: the kernel lets go of a link whose last pin is gone some time later, or never while
/// somebody has it open.
Result<> detach(const std::string& link) {
    const Fd opened{bpf_obj_get(link.c_str())};
    // ENOLINK: its interface is gone, and the program with it.
    if (opened ? bpf_link_detach(opened.get()) == 0 || errno == ENOLINK : errno == ENOENT)
        return {};
    return Error::from_errno("detach " + link, errno);
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
    std::stable_partition(pins.begin(), pins.end(), is_link);
    return pins;
}

Result<> remove_pins(const std::vector<std::string>& pins) {
    for (const auto& pin : pins) {
        if (is_link(pin))
            if (const auto done = detach(pin); !done) return done.error();
        if (std::remove(pin.c_str()) != 0 && errno != ENOENT)
            return Error::from_errno("remove " + pin, errno);
    }
    return {};
}

}  // namespace lb::cli
