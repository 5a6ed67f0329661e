// SPDX-License-Identifier: Apache-2.0
/// The kernel's notices of what changed.
#pragma once

#include <vector>

#include "host/netlink_message.hpp"

namespace lb::dataplane {

using host::Interface;
using host::Neighbour;
using host::NetlinkSocket;

class NetlinkEvents {
public:
    static Result<NetlinkEvents> open();
    int fd() const;

    struct Notice {
        bool links = false;                 ///< an interface came, went or changed
        bool routes = false;                ///< a route or an address did
        bool lost = false;                  ///< some notices did not fit (ENOBUFS): read everything
        std::vector<Interface> interfaces;  ///< those that came or changed, in the order of that
        std::vector<Neighbour> neighbours;  ///< in the order of their changes
    };
    /// Everything that has arrived; does not wait.
    Notice read();

private:
    explicit NetlinkEvents(NetlinkSocket socket) : socket_{std::move(socket)} {}
    NetlinkSocket socket_;
};

}  // namespace lb::dataplane
