// SPDX-License-Identifier: Apache-2.0
#include "dataplane/neighbours_events.hpp"

#include <cerrno>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace lb::dataplane {

Result<NetlinkEvents> NetlinkEvents::open() {
    auto socket = host::open_netlink(SOCK_NONBLOCK);
    if (!socket) return socket.error();
    const int bytes = 1 << 20;  // a burst of neighbours; beyond it there is ENOBUFS
    const int fd = mnl_socket_get_fd(socket->get());
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    for (int group :
         {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_IFADDR,
          RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE})
        if (mnl_socket_setsockopt(socket->get(), NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) !=
            0)
            return Error::from_errno("netlink: join group " + std::to_string(group), errno);
    return NetlinkEvents{std::move(*socket)};
}

int NetlinkEvents::fd() const {
    return mnl_socket_get_fd(socket_.get());
}

NetlinkEvents::Notice NetlinkEvents::read() {
    Notice notice;
    std::vector<char> datagram(host::kDatagramBytes);
    for (;;) {
        const auto bytes = mnl_socket_recvfrom(socket_.get(), datagram.data(), datagram.size());
        if (bytes < 0 && (errno == ENOBUFS || errno == EINTR)) {
            notice.lost = notice.lost || errno == ENOBUFS;
            continue;
        }
        if (bytes <= 0) return notice;
        host::for_messages(datagram, static_cast<std::size_t>(bytes), [&](const nlmsghdr& message) {
            switch (message.nlmsg_type) {
                case RTM_NEWLINK:
                case RTM_DELLINK:
                    notice.links = true;
                    if (auto interface = host::interface_of(message))
                        notice.interfaces.push_back(std::move(*interface));
                    break;
                case RTM_NEWNEIGH:
                case RTM_DELNEIGH:
                    if (const auto neighbour = host::neighbour_of(message))
                        notice.neighbours.push_back(*neighbour);
                    break;
                case RTM_GETNEIGH:  // the kernel would like to be told
                    break;
                default:
                    notice.routes = true;
            }
        });
    }
}

}  // namespace lb::dataplane
