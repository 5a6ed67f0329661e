// SPDX-License-Identifier: Apache-2.0
#include "host/management.hpp"

#include <cstring>
#include <optional>
#include <sstream>

#include "base/file.hpp"

namespace lb::host {
namespace {

constexpr unsigned long kSsh = 22;
constexpr auto kEstablished = "01", kListening = "0A";

/// "0100007F": 32-bit words as they lie in memory, printed as numbers of this machine.
std::optional<Address> address_in(const std::string& digits) {
    Address address;
    if (digits.size() == 8) address.bytes[10] = address.bytes[11] = 0xff;
    if (digits.size() != 8 && digits.size() != 32) return {};
    auto* at = address.bytes.data() + 16 - digits.size() / 2;
    for (std::size_t i = 0; i < digits.size(); i += 8, at += 4) {
        const auto word =
            static_cast<std::uint32_t>(std::strtoul(digits.substr(i, 8).c_str(), nullptr, 16));
        std::memcpy(at, &word, sizeof(word));
    }
    return address;
}

}  // namespace

std::set<Address> ssh_in(const std::string& table) {
    std::set<Address> found;
    std::istringstream lines{table};
    std::string line, number, local, remote, state;
    std::getline(lines, line);  // the names of the columns
    while (std::getline(lines, line)) {
        std::istringstream words{line};
        words >> number >> local >> remote >> state;
        const auto colon = local.find(':');
        if (colon == local.npos || (state != kEstablished && state != kListening)) continue;
        if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) != kSsh) continue;
        const auto address = address_in(local.substr(0, colon));
        if (!address || address->is_unspecified()) continue;
        if (*address != *Address::parse("0.0.0.0")) found.insert(*address);
    }
    return found;
}

std::set<Address> managed_at(const std::string& ssh_connection) {
    std::set<Address> found;
    for (const auto* path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"})
        if (const auto table = read_file(path)) found.merge(ssh_in(*table));
    std::istringstream words{ssh_connection};  // "client port server port"
    std::string client, port, server;
    words >> client >> port >> server;
    if (const auto address = Address::parse(server)) found.insert(*address);
    return found;
}

}  // namespace lb::host
