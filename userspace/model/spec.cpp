// SPDX-License-Identifier: Apache-2.0
#include "model/spec.hpp"

#include <algorithm>
#include <array>

namespace lb {

milliseconds Check::detection_bound() const {
    return interval * (100 + jitter_percent) / 100 + (fall - 1) * fast_interval + timeout;
}

milliseconds longest_detection(const Spec& spec) {
    milliseconds longest{0};
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && !pool.check->is_none())
            longest = std::max(longest, pool.check->detection_bound());
    return longest;
}

const char* text(Protocol protocol) {
    return protocol == Protocol::tcp ? "tcp" : "udp";
}

const char* text(ForwardMode mode) {
    if (mode == ForwardMode::gue) return "gue";
    return mode == ForwardMode::ipip ? "ipip" : "l2";
}

const char* text(AllDown policy) {
    return policy == AllDown::fail_open ? "fail_open" : "fail_closed";
}

const char* text(AdminState state) {
    if (state == AdminState::ready) return "ready";
    return state == AdminState::drain ? "drain" : "maint";
}

const char* text(Tracking tracking) {
    return tracking == Tracking::always ? "always" : "auto";
}

const char* text(CheckType type) {
    constexpr std::array names{"tcp", "http", "https", "udp", "dns", "grpc", "icmp", "none"};
    return names.at(static_cast<std::size_t>(type));
}

const char* text(CheckVia via) {
    return via == CheckVia::vip ? "vip" : "direct";
}

const char* text(HttpMethod method) {
    return method == HttpMethod::get ? "GET" : "HEAD";
}

const char* text(HttpVersion version) {
    return version == HttpVersion::http1 ? "1.1" : "2";
}

const char* text(DnsType type) {
    switch (type) {
        case DnsType::a:
            return "A";
        case DnsType::ns:
            return "NS";
        case DnsType::soa:
            return "SOA";
        case DnsType::txt:
            return "TXT";
        case DnsType::aaaa:
            return "AAAA";
    }
    return "?";
}

const char* text(DnsRcode rcode) {
    constexpr std::array names{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
    return names.at(static_cast<std::size_t>(rcode));
}

const char* text(Affinity affinity) {
    if (affinity == Affinity::connection) return "connection";
    return affinity == Affinity::source ? "source" : "none";
}

const char* text(Unmatched policy) {
    return policy == Unmatched::pass ? "pass" : "drop";
}

int Floor::of(int ready) const {
    return std::max(1, is_percent ? (ready * value + 99) / 100 : value);
}

std::string Floor::text() const {
    return std::to_string(value) + (is_percent ? "%" : "");
}

std::string PortRange::text() const {
    if (*this == any()) return "any";
    return is_single() ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
}

std::size_t source_count(const Vip& vip) {
    const auto listed = vip.allow.size() + vip.deny.size();
    return listed == 0 ? 0 : listed + 1;
}

std::string service_text(const Address& address, const PortRange& ports, Protocol protocol) {
    const auto host = address.is_v4() ? address.text() : "[" + address.text() + "]";
    return host + ":" + ports.text() + "/" + text(protocol);
}

std::string text(const StatusRange& range) {
    if (range.first == range.last) return std::to_string(range.first);
    return std::to_string(range.first) + "-" + std::to_string(range.last);
}

std::optional<std::uint16_t> check_port(const Spec& spec, const std::string& pool) {
    const auto found = spec.pools.find(pool);
    if (found != spec.pools.end() && found->second.check && found->second.check->port)
        return found->second.check->port;
    std::optional<std::uint16_t> port;
    for (const auto& [name, vip] : spec.vips) {
        if (vip.pool != pool) continue;
        if (!vip.ports.is_single() || (port && *port != vip.ports.first)) return std::nullopt;
        port = vip.ports.first;
    }
    return port;
}

}  // namespace lb
