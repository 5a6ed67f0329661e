// SPDX-License-Identifier: Apache-2.0
#include "dataplane/probes.hpp"

#include <array>
#include <cerrno>

#include <lb.skel.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <probe.skel.h>
#include <sys/socket.h>

#include "dataplane/egresses.hpp"
#include "dataplane/object.hpp"
#include "dataplane/tc.hpp"
#include "dataplane/xdp.hpp"
#include "model/classify.hpp"

namespace lb::dataplane {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kLoopback = 1;  // the ifindex of lo, in every network namespace
constexpr auto kLookAgain = 1s;
constexpr int kOneHop = 1;  // until the program has seen the packet

bool set(int socket, int level, int option, int value) {
    return setsockopt(socket, level, option, &value, sizeof(value)) == 0;
}

/// Non-blocking; empty: errno says why.
Fd socket_for(const Address& to, CheckType type) {
    const bool is_datagram = type == CheckType::udp || type == CheckType::dns;
    const bool is_icmp = type == CheckType::icmp;
    const int kind = is_icmp ? SOCK_RAW : is_datagram ? SOCK_DGRAM : SOCK_STREAM;
    const int protocol = !is_icmp ? 0 : to.is_v4() ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
    return Fd{socket(to.family(), kind | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol)};
}

bool bind_to(int socket, const Address& source) {
    set(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    unsigned length = 0;
    const auto from = Endpoint{source, 0}.sockaddr_of(length);
    return bind(socket, reinterpret_cast<const sockaddr*>(&from), length) == 0;
}

bool live_one_hop(int socket, const Address& to) {
    return to.is_v4() ? set(socket, IPPROTO_IP, IP_TTL, kOneHop)
                      : set(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, kOneHop);
}

/// Of the tunnel, if that is of the vip's family.
std::optional<Address> outer_source(const lb_egress& egress, const Address& vip) {
    Address source;
    if (vip.is_v4()) {
        in_addr v4{};
        std::copy_n(egress.source4, sizeof(v4), reinterpret_cast<std::uint8_t*>(&v4));
        if (v4.s_addr == 0) return {};
        return Address::from_v4(v4);
    }
    std::copy_n(egress.source6, source.bytes.size(), source.bytes.begin());
    if (source.is_unspecified()) return {};
    return source;
}

tl::unexpected<CheckResult> none(const CheckResult& result) {
    return tl::unexpected{result};
}

/// Replies and errors only: a raw socket hears all that comes for its protocol.
void hear_answers_only(int socket, const Address& to) {
    if (to.is_v4()) {
        struct icmp_filter {
            std::uint32_t refused;  // struct icmp_filter of <linux/icmp.h>
        } filter{~(1U << ICMP_ECHOREPLY)};
        constexpr int kIcmpFilter = 1;
        setsockopt(socket, SOL_RAW, kIcmpFilter, &filter, sizeof(filter));
    } else {
        icmp6_filter filter{};
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        setsockopt(socket, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
    }
}

}  // namespace

Result<std::unique_ptr<Probes>> Probes::open(const Pins& pins, Loaded& live) {
    VerifierLog log;
    const auto options = log.options();
    Object object{probe_bpf::open(&options), &probe_bpf::destroy};
    if (!object) return Error::from_errno("open the program for checks", errno);
    if (const auto done = share_maps(object->obj, live.object->obj); !done) return done.error();
    if (const int err = probe_bpf::load(object.get()); err != 0)
        return log.explained("load the program for checks", -err);
    for (const unsigned ifindex : pins.probe_links())
        if (const auto gone = drop_link(pins.probe_link(ifindex)); !gone) return gone.error();
    return std::unique_ptr<Probes>{new Probes{pins, std::move(object), live.maps}};
}

Probes::Probes(const Pins& pins, Object object, Maps& maps)
    : pins_{pins}, object_{std::move(object)}, maps_{maps} {}
Probes::~Probes() = default;

tl::expected<Fd, CheckResult> Probes::open_socket(std::uint32_t backend, const ProbeWish& wish) {
    const auto& egress = egress_of(backend);
    if (egress.ifindex == 0) return none(inconclusive(CheckReason::local_no_route));
    if (is_detached_ || !is_attached(kLoopback) || !is_attached(egress.ifindex))
        return none(inconclusive(CheckReason::local_not_sent));
    const auto& start = start_of(wish.to, egress, Loop::now() - kLookAgain);
    if (!start.trouble.empty()) return none(inconclusive(CheckReason::local_no_return));
    const auto source = wish.source ? wish.source : start.source;
    if (!source) return none(inconclusive(CheckReason::local_no_source));
    auto socket = socket_for(wish.to, wish.type);
    if (!socket || !live_one_hop(socket.get(), wish.to) ||
        !set(socket.get(), SOL_SOCKET, SO_MARK, static_cast<int>(LB_PROBE_MARK | backend)) ||
        !bind_to(socket.get(), *source))
        return none(classify(errno, Met::here));
    if (wish.type == CheckType::icmp) hear_answers_only(socket.get(), wish.to);
    return socket;
}

std::uint64_t Probes::sent(std::uint32_t backend) const {
    return load(maps_.probe_counts[backend].sent);
}

CheckResult Probes::prove(std::uint32_t backend, const Address& vip, const CheckResult& result,
                          std::uint64_t sent_before) {
    if (sent(backend) == sent_before) return why_not_sent(backend);
    if (result.reason != CheckReason::backend_timeout) return result;
    const auto& start = start_of(vip, egress_of(backend), Loop::now());
    return start.trouble.empty() ? result : inconclusive(CheckReason::local_no_return);
}

CheckResult Probes::why_not_sent(std::uint32_t backend) {
    for (auto& [ifindex, place] : places_)
        place.is_in_doubt = true;
    switch (load(maps_.probe_counts[backend].why)) {
        case LB_DROP_NO_SOURCE:
            return inconclusive(CheckReason::local_no_source);
        default:
            return inconclusive(CheckReason::local_not_sent);
    }
}

bool Probes::is_attached(unsigned ifindex) {
    auto& place = places_[ifindex];
    const auto now = Loop::now();
    const bool is_new = place.looked_at == Time{};
    const bool doubted = place.is_in_doubt || !place.trouble.empty();
    if (!is_new && (!doubted || now - place.looked_at < kLookAgain)) return place.trouble.empty();
    place = {{}, now, false};
    const auto done =
        attach_tc(bpf_program__fd(object_->progs.probe), ifindex, pins_.probe_link(ifindex));
    if (!done) place.trouble = done.error().what;
    return done.has_value();
}

const lb_egress& Probes::egress_of(std::uint32_t backend) const {
    return maps_.egresses[dataplane::egress_of(load(maps_.backends[backend].nexthop))];
}

/// Looks again if that was last done before `then`.
const Probes::Start& Probes::start_of(const Address& vip, const lb_egress& egress, Time then) {
    auto& start = starts_[{vip, egress.ifindex}];
    if (start.looked_at > then) return start;
    std::array<char, IF_NAMESIZE> name{};
    if (!if_indextoname(egress.ifindex, name.data())) return start;  // gone: nothing gets out
    auto& returns = returns_since(then);
    start = {obstacle(vip, name.data(), returns.of(vip, name.data())).text(),
             outer_source(egress, vip), returns_at_};
    if (!start.source) start.source = returns.addresses().beside(vip, name.data());
    return start;
}

/// Once for all vips, of which there may be hundreds: a host with as many addresses takes its time.
host::Returns& Probes::returns_since(Time then) {
    if (returns_at_ > then) return returns_;
    returns_at_ = Loop::now();
    returns_ = host::Returns::now();
    return returns_;
}

Result<> Probes::detach_all() {
    is_detached_ = true;
    for (const auto& [ifindex, place] : places_)
        if (const auto gone = detach_tc(ifindex, pins_.probe_link(ifindex)); !gone)
            return gone.error();
    places_.clear();
    return {};
}

std::vector<std::string> Probes::problems() const {
    std::vector<std::string> found;
    for (const auto& [ifindex, place] : places_)
        if (!place.trouble.empty()) found.push_back("checks through the tunnel: " + place.trouble);
    for (const auto& [from, start] : starts_)
        if (!start.trouble.empty()) found.push_back("checks through the tunnel: " + start.trouble);
    return found;
}

tl::expected<Fd, CheckResult> open_icmp_socket(const Address& to,
                                               const std::optional<Address>& source,
                                               const std::string& interface) {
    auto socket = socket_for(to, CheckType::icmp);
    if (!socket || (source && !bind_to(socket.get(), *source)) ||
        (!interface.empty() &&
         setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                    static_cast<socklen_t>(interface.size())) != 0))
        return none(classify(errno, Met::here));
    hear_answers_only(socket.get(), to);
    return socket;
}

}  // namespace lb::dataplane
