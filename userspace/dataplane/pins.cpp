// SPDX-License-Identifier: Apache-2.0
#include "dataplane/pins.hpp"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>

#include <bpf/bpf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "host/features.hpp"

namespace lb::dataplane {
namespace {

namespace fs = std::filesystem;

std::string maps_folder(const std::string& folder) {
    return folder + "/v" + std::to_string(LB_LAYOUT_MAJOR);
}

std::string links_folder(const std::string& folder) {
    return folder + "/links";
}

/// Looked at before anything is created: the nearest ancestor that exists decides.
Result<> on_bpffs(const std::string& path) {
    fs::path nearest{path};
    std::error_code ignored;
    while (!fs::exists(nearest, ignored) && nearest.has_parent_path() &&
           nearest != nearest.parent_path())
        nearest = nearest.parent_path();
    struct statfs about {};
    if (statfs(nearest.c_str(), &about) != 0)
        return Error::from_errno("statfs " + nearest.string(), errno);
    if (about.f_type == BPF_FS_MAGIC) return {};
    return Error{path + ": " + nearest.string() +
                 " is not on a BPF file system; mount one: mount -t bpf bpf " + nearest.string()};
}

Result<> is_ours(const std::string& path) {
    struct stat about {};
    if (stat(path.c_str(), &about) != 0) return Error::from_errno("stat " + path, errno);
    const auto mode = about.st_mode & 07777;
    if (about.st_uid == geteuid() && mode == 0700) return {};
    char octal[8];
    std::snprintf(octal, sizeof(octal), "%04o", mode);
    return Error{path + ": belongs to uid " + std::to_string(about.st_uid) + " with mode " + octal +
                 "; others could write maps. Only uid " + std::to_string(geteuid()) +
                 " with mode 0700 will do: see what is in there, then remove it"};
}

constexpr const char* kProbe = "probe-";

/// Of the files that are called `prefix` and a number.
std::vector<unsigned> numbers_in(const std::string& folder, const std::string& prefix) {
    std::vector<unsigned> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{folder, ignored}) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with(prefix)) continue;
        unsigned number = 0;
        const auto end = name.data() + name.size();
        if (std::from_chars(name.data() + prefix.size(), end, number).ptr == end)
            found.push_back(number);
    }
    return found;
}

Result<> remove_tree(const std::string& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return Error{"remove " + path + ": " + error.message()};
    return {};
}

}  // namespace

Result<> make_pin_folder(const std::string& path) {
    if (const auto fits = on_bpffs(path); !fits) return fits.error();
    const auto parent = fs::path{path}.parent_path();
    std::error_code error;
    fs::create_directories(parent, error);
    if (error) return Error{"create folder " + parent.string() + ": " + error.message()};
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        return Error::from_errno("create folder " + path, errno);
    return is_ours(path);
}

Result<Fd> open_pin(const std::string& path) {
    const int fd = bpf_obj_get(path.c_str());
    if (fd >= 0) return Fd{fd};
    const int err = errno;
    if (err == ENOENT) return Fd{};
    auto error = Error::from_errno("open pin " + path, err);
    if (err == ENOSYS) error.what += host::needs_kernel(host::missing_feature());
    return error;
}

Result<> pin(int fd, const std::string& path) {
    if (bpf_obj_pin(fd, path.c_str()) != 0) return Error::from_errno("pin " + path, errno);
    return {};
}

Result<> unpin(const std::string& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT)
        return Error::from_errno("remove pin " + path, errno);
    return {};
}

Result<Pins> Pins::open(const std::string& folder) {
    for (const auto& path : {folder, maps_folder(folder), links_folder(folder)})
        if (const auto made = make_pin_folder(path); !made) return made.error();
    Pins pins;
    pins.folder_ = folder;
    pins.lock_ = Fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!pins.lock_) return Error::from_errno("open " + folder, errno);
    if (flock(pins.lock_.get(), LOCK_EX | LOCK_NB) != 0)
        return Error{folder +
                     ": another lbd works with these pins; stop it, or give this one "
                     "others (--pins)"};
    return pins;
}

std::string Pins::map(const std::string& name) const {
    return maps_folder(folder_) + "/" + name;
}

std::string Pins::link(unsigned ifindex) const {
    return links_folder(folder_) + "/" + std::to_string(ifindex);
}

std::vector<unsigned> Pins::linked() const {
    return numbers_in(links_folder(folder_), "");
}

std::string Pins::probe_link(unsigned ifindex) const {
    return links_folder(folder_) + "/" + kProbe + std::to_string(ifindex);
}

std::vector<unsigned> Pins::probe_links() const {
    return numbers_in(links_folder(folder_), kProbe);
}

bool Pins::has_maps() const {
    std::error_code ignored;
    return fs::exists(map("meta"), ignored);
}

Result<> Pins::remove_maps() const {
    if (const auto gone = remove_tree(maps_folder(folder_)); !gone) return gone.error();
    return make_pin_folder(maps_folder(folder_));
}

Result<> Pins::remove_all() const {
    return remove_tree(folder_);
}

}  // namespace lb::dataplane
