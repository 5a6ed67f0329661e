// SPDX-License-Identifier: Apache-2.0
#include "api/peer.hpp"

#include <algorithm>
#include <fstream>

#include <grp.h>
#include <sys/socket.h>

namespace lb::api {
namespace {

constexpr unsigned kNobody = 0xffffffff;  // what the kernel says for "never logged in", too

/// The primary group and the others.
std::vector<gid_t> groups_of(int socket, gid_t primary) {
    socklen_t size = 0;
    getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, nullptr, &size);  // ERANGE, and the size
    std::vector<gid_t> groups(size / sizeof(gid_t));
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) groups.clear();
    groups.push_back(primary);
    return groups;
}

std::optional<unsigned> login_uid_of(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/loginuid"};
    unsigned uid = kNobody;
    if (!(file >> uid) || uid == kNobody) return std::nullopt;
    return uid;
}

std::string program_of(int pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/comm"};
    std::string name;
    std::getline(file, name);
    return name;
}

}  // namespace

std::optional<gid_t> group_named(const std::string& name) {
    std::vector<char> room(65536);
    group entry{};
    group* found = nullptr;
    if (getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found) != 0 || !found)
        return std::nullopt;
    return found->gr_gid;
}

bool may_change(uid_t uid, const std::vector<gid_t>& groups, std::optional<gid_t> admins) {
    return uid == 0 || (admins && std::find(groups.begin(), groups.end(), *admins) != groups.end());
}

Caller peer_of(int socket, std::optional<gid_t> admins) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return {kNobody, 0, std::nullopt, false};
    return {peer.uid, peer.pid, login_uid_of(peer.pid),
            may_change(peer.uid, groups_of(socket, peer.gid), admins), program_of(peer.pid)};
}

}  // namespace lb::api
