// SPDX-License-Identifier: Apache-2.0
#include "api/listen.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/peer.hpp"
#include "base/file.hpp"

namespace lb::api {
namespace {

constexpr mode_t kFolderMode = 0750;
constexpr mode_t kSocketMode = 0660;
constexpr int kBacklog = 32;

Fd new_socket() {
    return Fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

Result<> give_to(const std::string& path, std::optional<gid_t> group, mode_t mode) {
    if (group && chown(path.c_str(), static_cast<uid_t>(-1), *group) != 0)
        return Error::from_errno("chown " + path, errno);
    if (chmod(path.c_str(), mode) != 0) return Error::from_errno("chmod " + path, errno);
    return {};
}

Result<> make_way(const std::string& path, const sockaddr_un& address) {
    struct stat found {};
    if (lstat(path.c_str(), &found) != 0) {
        if (errno == ENOENT) return {};
        return Error::from_errno(path, errno);
    }
    if (!S_ISSOCK(found.st_mode)) return Error{path + ": exists and is no socket; remove it"};
    const auto probe = new_socket();
    if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 ||
        errno == EAGAIN)
        return Error{path + ": another lbd answers there; stop it, or choose another --socket"};
    if (errno != ECONNREFUSED) return Error::from_errno("connect " + path, errno);
    if (unlink(path.c_str()) != 0) return Error::from_errno("remove " + path, errno);
    return {};
}

}  // namespace

Result<Fd> listen_at(const std::string& path, const std::string& group_name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        return Error{path + ": longer than the " + std::to_string(sizeof(address.sun_path) - 1) +
                     " bytes that a unix socket may have"};
    std::memcpy(address.sun_path, path.c_str(), path.size());

    const auto group = group_named(group_name);
    const auto folder = std::filesystem::path{path}.parent_path().string();
    if (!folder.empty() && access(folder.c_str(), F_OK) != 0) {
        if (const auto made = make_folder(folder, kFolderMode); !made) return made.error();
        if (const auto given = give_to(folder, group, kFolderMode); !given) return given.error();
    }
    if (const auto free = make_way(path, address); !free) return free.error();

    auto listener = new_socket();
    if (!listener) return Error::from_errno("unix socket", errno);
    fchmod(listener.get(), kSocketMode);  // bind() gives it to the file: never open to all
    if (bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return Error::from_errno("bind " + path, errno);
    if (const auto given = give_to(path, group, kSocketMode); !given) return given.error();
    if (listen(listener.get(), kBacklog) != 0) return Error::from_errno("listen " + path, errno);
    return listener;
}

}  // namespace lb::api
