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

/// The first that `fits(interface, address)`.
template <class Fits>
std::optional<Address> find(Fits fits) {
    ifaddrs* list = nullptr;
    if (getifaddrs(&list) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{list, &freeifaddrs};
    for (const auto* each = list; each; each = each->ifa_next)
        if (const auto address = address_of(each->ifa_addr); address && fits(*each, *address))
            return address;
    return {};
}

/// With no network behind it: as VRRP puts a vip there.
bool stands_alone(const ifaddrs& where) {
    const auto mask = address_of(where.ifa_netmask);
    return mask && std::all_of(mask->bytes.end() - 4, mask->bytes.end(),
                               [](std::uint8_t byte) { return byte == 0xff; });
}

}  // namespace

bool is_own(const Address& address) {
    return find([&](const ifaddrs&, const Address& each) { return each == address; }).has_value();
}

std::optional<Address> address_beside(const Address& vip, const std::string& interface) {
    const auto fits = [&](const ifaddrs& where, const Address& each) {
        return where.ifa_name == interface && each.is_v4() == vip.is_v4() && each != vip &&
               !each.is_link_local();
    };
    const auto usual = find([&](const ifaddrs& where, const Address& each) {
        return fits(where, each) && !stands_alone(where);
    });
    return usual ? usual : find(fits);
}

}  // namespace lb::host
