// SPDX-License-Identifier: Apache-2.0
#include "host/own_addresses.hpp"

#include <algorithm>
#include <memory>

#include <ifaddrs.h>
#include <netinet/in.h>

namespace lb::host {
namespace {

std::optional<Address> address_of(const sockaddr* address) {
    if (!address) return {};
    if (address->sa_family == AF_INET)
        return Address::from_v4(reinterpret_cast<const sockaddr_in*>(address)->sin_addr);
    if (address->sa_family != AF_INET6) return {};
    const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    Address result;
    std::copy(std::begin(v6.s6_addr), std::end(v6.s6_addr), result.bytes.begin());
    return result;
}

bool has_no_network(const ifaddrs& where) {
    const auto mask = address_of(where.ifa_netmask);
    return mask && std::all_of(mask->bytes.end() - 4, mask->bytes.end(),
                               [](std::uint8_t byte) { return byte == 0xff; });
}

}  // namespace

OwnAddresses OwnAddresses::now() {
    OwnAddresses own;
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return own;
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{list, &freeifaddrs};
    for (const auto* each = list; each; each = each->ifa_next)
        if (const auto address = address_of(each->ifa_addr))
            own.all_.push_back({*address, each->ifa_name, has_no_network(*each)});
    return own;
}

bool OwnAddresses::contains(const Address& address) const {
    return std::ranges::find(all_, address, &Own::address) != all_.end();
}

std::optional<Address> OwnAddresses::beside(const Address& vip,
                                            const std::string& interface) const {
    const Own* found = nullptr;
    for (const auto& own : all_) {
        const bool fits = own.interface == interface && own.address.is_v4() == vip.is_v4() &&
                          own.address != vip && !own.address.is_link_local();
        if (fits && (!found || (found->stands_alone && !own.stands_alone))) found = &own;
    }
    if (!found) return {};
    return found->address;
}

}  // namespace lb::host
