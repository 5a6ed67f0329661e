// SPDX-License-Identifier: Apache-2.0
#include "host/management.hpp"

#include <sstream>

#include "host/netlink_sockets.hpp"

namespace lb::host {
namespace {

constexpr std::uint16_t kSsh = 22;

}  // namespace

Result<std::set<Address>> managed_at(const std::string& ssh_connection) {
    auto found = addresses_of_tcp(kSsh);
    if (!found) return found;
    std::istringstream words{ssh_connection};  // "client port server port"
    std::string client, port, server;
    words >> client >> port >> server;
    if (const auto address = Address::parse(server)) found->insert(*address);
    return found;
}

}  // namespace lb::host
