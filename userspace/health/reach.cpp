// SPDX-License-Identifier: Apache-2.0
#include "health/reach.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/fd.hpp"
#include "health/icmp_message.hpp"

namespace lb::health {
namespace {

constexpr std::size_t kLargestMessage = 65536;

bool connect_to(int socket, const Endpoint& to) {
    unsigned length = 0;
    const auto address = to.sockaddr_of(length);
    return connect(socket, reinterpret_cast<const sockaddr*>(&address), length) == 0;
}

/// Never fragmented, and sent however small a way the kernel remembers; errors of routers come
/// back.
void tell_all(int socket, bool is_v4) {
    const int probe = is_v4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE, on = 1;
    const int level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
    setsockopt(socket, level, is_v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &probe, sizeof(probe));
    setsockopt(socket, level, is_v4 ? IP_RECVERR : IPV6_RECVERR, &on, sizeof(on));
}

/// The MTU that a router names, or our own kernel; 0: the error is about something else.
std::uint32_t told_mtu(int socket) {
    char control[512];
    msghdr message{};
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 0;
    for (auto* each = CMSG_FIRSTHDR(&message); each; each = CMSG_NXTHDR(&message, each)) {
        const bool is_error = (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_RECVERR) ||
                              (each->cmsg_level == IPPROTO_IPV6 && each->cmsg_type == IPV6_RECVERR);
        sock_extended_err error{};
        if (!is_error) continue;
        std::memcpy(&error, CMSG_DATA(each), sizeof(error));
        if (error.ee_errno == EMSGSIZE) return error.ee_info;
    }
    return 0;
}

/// One backend that is asked.
class Caller {
public:
    Caller(const Call& call, std::uint64_t dice) : call_{call} {
        ping(dice);
        knock();
    }

    bool is_done() const { return !waits_for_ping() && !waits_for_tcp(); }
    /// What to wait for: the ping's socket, then the connection's; -1: nothing.
    void watch(std::vector<pollfd>& watched) const {
        watched.push_back({waits_for_ping() ? ping_.get() : -1, POLLIN, 0});
        watched.push_back({waits_for_tcp() ? tcp_.get() : -1, POLLOUT, 0});
    }
    void hear(short ping, short tcp) {
        if ((ping & POLLERR) != 0) hear_error();
        if ((ping & POLLIN) != 0) hear_echo();
        if (tcp != 0) hear_tcp();
    }
    const Reach& found() const { return found_; }

private:
    void ping(std::uint64_t dice) {
        const bool is_v4 = call_.address.is_v4();
        ping_ = Fd{socket(call_.address.family(), SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                          is_v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6})};
        if (!ping_) {
            found_.unknown = errno == EPERM ? "only root can send pings" : std::strerror(errno);
            return;
        }
        tell_all(ping_.get(), is_v4);
        small_ = {is_v4, static_cast<std::uint16_t>(dice), dice};
        full_ = {is_v4, static_cast<std::uint16_t>(dice), dice + 1};
        const auto least = (is_v4 ? sizeof(ip) : sizeof(ip6_hdr)) + echo_request(small_).size();
        if (call_.full > least) {
            found_.full = call_.full;
            full_.padding = call_.full - least;
        }
        connect_to(ping_.get(), {call_.address, 0});
        send_echo(small_);
        if (found_.full != 0) send_echo(full_);
    }

    void send_echo(const Echo& echo) {
        const auto message = echo_request(echo);
        (void)send(ping_.get(), message.data(), message.size(), MSG_DONTWAIT);
    }

    void knock() {
        if (call_.port == 0) return;
        found_.port = call_.port;
        found_.tcp = Reach::Tcp::silent;
        tcp_ = Fd{socket(call_.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
        const linger at_once{1, 0};
        setsockopt(tcp_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        if (!connect_to(tcp_.get(), {call_.address, call_.port}) && errno != EINPROGRESS) tcp_ = {};
    }

    void hear_error() {
        if (const auto mtu = told_mtu(ping_.get()); mtu != 0) found_.told = mtu;
        int ignored = 0;  // reading it takes it away
        socklen_t size = sizeof(ignored);
        getsockopt(ping_.get(), SOL_SOCKET, SO_ERROR, &ignored, &size);
    }

    void hear_echo() {
        std::string message(kLargestMessage, '\0');
        const auto size = recv(ping_.get(), message.data(), message.size(), MSG_DONTWAIT);
        if (size <= 0) return;
        message.resize(static_cast<std::size_t>(size));
        found_.echo = found_.echo || answers(message, small_);
        found_.full_echo = found_.full_echo || (found_.full != 0 && answers(message, full_));
    }

    void hear_tcp() {
        int err = 0;
        socklen_t size = sizeof(err);
        getsockopt(tcp_.get(), SOL_SOCKET, SO_ERROR, &err, &size);
        if (err == 0) found_.tcp = Reach::Tcp::accepted;
        if (err == ECONNREFUSED) found_.tcp = Reach::Tcp::refused;
        tcp_ = {};
    }

    bool waits_for_ping() const {
        const bool full_is_over = found_.full == 0 || found_.full_echo || found_.told != 0;
        return ping_ && !(found_.echo && full_is_over);
    }
    bool waits_for_tcp() const { return static_cast<bool>(tcp_); }

    Call call_;
    Reach found_;
    Fd ping_, tcp_;
    Echo small_, full_;
};

}  // namespace

std::vector<Reach> reach(const std::vector<Call>& calls, milliseconds patience) {
    using Clock = std::chrono::steady_clock;
    std::random_device dice;
    std::vector<Caller> callers;
    callers.reserve(calls.size());
    for (const auto& call : calls)
        callers.emplace_back(call, std::uint64_t{dice()} << 32 | dice());
    const auto end = Clock::now() + patience;
    while (!std::ranges::all_of(callers, &Caller::is_done)) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) break;
        std::vector<pollfd> watched;
        for (const auto& caller : callers)
            caller.watch(watched);
        if (poll(watched.data(), watched.size(), static_cast<int>(left.count())) <= 0) continue;
        for (std::size_t i = 0; i < callers.size(); ++i)
            callers[i].hear(watched[2 * i].revents, watched[2 * i + 1].revents);
    }
    std::vector<Reach> found;
    for (const auto& caller : callers)
        found.push_back(caller.found());
    return found;
}

}  // namespace lb::health
