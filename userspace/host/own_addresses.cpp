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

}  // namespace

bool is_own(const Address& address) {
    return find([&](const ifaddrs&, const Address& each) { return each == address; }).has_value();
}

std::optional<Address> address_at(const std::string& interface, const Address& like) {
    return find([&](const ifaddrs& where, const Address& each) {
        return where.ifa_name == interface && each.is_v4() == like.is_v4() && !each.is_link_local();
    });
}

}  // namespace lb::host
