// SPDX-License-Identifier: Apache-2.0
#include "host/netlink_sockets.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "host/netlink_message.hpp"

namespace lb::host {
namespace {

Error unasked(int error) {
    if (error == ENOENT || error == EPROTONOSUPPORT)
        return Error{"the kernel does not tell which sockets there are. fix: modprobe tcp_diag"};
    return Error::from_errno("netlink: which sockets there are", error);
}

Result<> ask(mnl_socket* socket, int family, std::uint16_t port) {
    std::vector<char> bytes(MNL_ALIGN(sizeof(nlmsghdr)) + sizeof(inet_diag_req_v2));
    auto* message = mnl_nlmsg_put_header(bytes.data());
    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    auto* wanted = static_cast<inet_diag_req_v2*>(
        mnl_nlmsg_put_extra_header(message, sizeof(inet_diag_req_v2)));
    wanted->sdiag_family = static_cast<std::uint8_t>(family);
    wanted->sdiag_protocol = IPPROTO_TCP;
    wanted->idiag_states = 1U << TCP_ESTABLISHED | 1U << TCP_LISTEN;
    wanted->id.idiag_sport = htons(port);
    if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0) return unasked(errno);
    return {};
}

Address local_address(const inet_diag_msg& socket) {
    Address address;
    if (socket.idiag_family == AF_INET) {
        in_addr v4{};
        std::memcpy(&v4, socket.id.idiag_src, sizeof(v4));
        return Address::from_v4(v4);
    }
    std::memcpy(address.bytes.data(), socket.id.idiag_src, address.bytes.size());
    return address;
}

bool is_wildcard(const Address& address) {
    return address.is_unspecified() || address == Address::from_v4({});
}

/// What is answered to ask().
Result<> take(mnl_socket* socket, std::set<Address>& found) {
    std::vector<char> datagram(kDatagramBytes);
    bool is_over = false;
    int error = 0;
    const auto look = [&](const nlmsghdr& message) {
        is_over = is_over || message.nlmsg_type < NLMSG_MIN_TYPE;  // an error, or the end
        const auto* payload = mnl_nlmsg_get_payload(&message);
        if (message.nlmsg_type == NLMSG_ERROR)
            error = -static_cast<const nlmsgerr*>(payload)->error;
        if (message.nlmsg_type != SOCK_DIAG_BY_FAMILY) return;
        const auto address = local_address(*static_cast<const inet_diag_msg*>(payload));
        if (!is_wildcard(address)) found.insert(address);
    };
    while (!is_over) {
        const auto bytes = mnl_socket_recvfrom(socket, datagram.data(), datagram.size());
        if (bytes <= 0) return unasked(bytes < 0 ? errno : EPIPE);
        for_messages(datagram, static_cast<std::size_t>(bytes), look);
    }
    if (error != 0) return unasked(error);
    return {};
}

}  // namespace

Result<std::set<Address>> addresses_of_tcp(std::uint16_t port) {
    const auto socket = open_netlink(0, NETLINK_SOCK_DIAG);
    if (!socket) return socket.error();
    std::set<Address> found;
    for (const int family : {AF_INET, AF_INET6}) {
        if (const auto asked = ask(socket->get(), family, port); !asked) return asked.error();
        if (const auto taken = take(socket->get(), found); !taken) return taken.error();
    }
    return found;
}

}  // namespace lb::host
