// SPDX-License-Identifier: Apache-2.0
/// What the kernel knows about routes, interfaces and neighbours (rtnetlink(7)), as plain structs.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

struct mnl_socket;
struct nlmsghdr;

namespace lb::dataplane {

using Mac = std::array<std::uint8_t, 6>;

struct Interface {
    unsigned ifindex = 0;
    std::string name;
    std::uint32_t mtu = 0;
    Mac mac{};
    bool is_ethernet = false;  ///< frames with MAC addresses; not lo, not a tunnel
    bool is_vlan = false;      ///< a tagged subinterface
};

struct RouteQuery {
    Address to;
    std::optional<Address> source;  ///< a wish: without it if the host does not have it
};

struct Route {
    unsigned ifindex = 0;
    std::optional<Address> gateway;  ///< absent: on the same network
    std::optional<Address> source;   ///< what the kernel would send from
    std::uint32_t mtu = 0;           ///< 0: the interface's
};

/// Who gets a frame.
struct Hop {
    unsigned ifindex = 0;
    Address address;
    auto operator<=>(const Hop&) const = default;
};

struct Neighbour {
    Hop hop;
    Mac mac{};
    bool is_valid = false;    ///< frames may be sent to `mac`
    bool has_failed = false;  ///< it was asked and did not answer
    bool is_fresh = false;    ///< confirmed lately, or being confirmed
    bool is_given = false;    ///< by a person or a routing daemon: never to be asked for
    bool is_gone = false;     ///< the kernel has forgotten it
};

class Netlink {
public:
    static Result<Netlink> open();

    Result<std::vector<Interface>> interfaces();
    Result<std::vector<Neighbour>> neighbours();
    /// An answer or a reason per query, in their order.
    std::vector<Result<Route>> routes(std::span<const RouteQuery> queries);
    /// Makes the kernel ask for these neighbours.  `keep`: and ask again for as long as they are
    /// kept (NTF_EXT_MANAGED, Linux 5.16; before, once).  Needs CAP_NET_ADMIN.
    void ask(std::span<const Hop> hops, bool keep);

private:
    using Socket = std::unique_ptr<mnl_socket, void (*)(mnl_socket*)>;
    using Answer = std::function<void(const nlmsghdr&)>;
    explicit Netlink(Socket socket);
    std::uint32_t put(std::uint16_t type, std::uint16_t flags, std::uint8_t family);
    Result<> transact(std::size_t answers, const Answer& answer);
    Result<> dump(std::uint16_t type, const Answer& answer);
    void routes_of(std::span<const RouteQuery> queries, std::span<Result<Route>> results);

    Socket socket_;
    std::uint32_t sequence_ = 0;
    std::vector<char> batch_;
};

/// The kernel's notices of changes.
class NetlinkEvents {
public:
    static Result<NetlinkEvents> open();
    int fd() const;

    struct Notice {
        bool links = false;                 ///< an interface came, went or changed
        bool routes = false;                ///< a route or an address did
        bool lost = false;                  ///< some notices did not fit (ENOBUFS): read everything
        std::vector<Neighbour> neighbours;  ///< in the order of their changes
    };
    /// Everything that has arrived; does not wait.
    Notice read();

private:
    using Socket = std::unique_ptr<mnl_socket, void (*)(mnl_socket*)>;
    explicit NetlinkEvents(Socket socket);
    Socket socket_;
};

}  // namespace lb::dataplane
