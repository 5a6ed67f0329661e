// SPDX-License-Identifier: Apache-2.0
/// Questions to the kernel about routes, interfaces and neighbours.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "host/netlink_message.hpp"

namespace lb::host {

struct RouteQuery {
    Address to;
    std::optional<Address> source;  ///< a wish: without it if the host does not have it
};

class Netlink {
public:
    static Result<Netlink> open();

    Result<std::vector<Interface>> interfaces();
    Result<std::vector<Neighbour>> neighbours();
    Result<std::vector<OwnAddress>> addresses();
    /// A route or the reason why there is none, per query and in their order.  An error means that
    /// the kernel could not be asked, which says nothing about routes.
    Result<std::vector<Result<Route>>> routes(std::span<const RouteQuery> queries);
    /// Makes the kernel ask for these neighbours.  `keep`: and ask again for as long as they are
    /// kept (NTF_EXT_MANAGED, Linux 5.16; before, once).  Needs CAP_NET_ADMIN.
    void ask(std::span<const Hop> hops, bool keep);

private:
    using Answer = std::function<void(const nlmsghdr&)>;
    explicit Netlink(NetlinkSocket socket) : socket_{std::move(socket)} {}
    Result<> transact(std::size_t answers, const Answer& answer);
    template <class T>
    Result<std::vector<T>> dump(std::uint16_t type, std::optional<T> (*parse)(const nlmsghdr&));
    Result<> routes_of(std::span<const RouteQuery> queries, std::span<Result<Route>> results);

    NetlinkSocket socket_;
    std::uint32_t sequence_ = 0;
    std::vector<char> batch_;
};

}  // namespace lb::host
