// SPDX-License-Identifier: Apache-2.0
#include "config/fields.hpp"

#include <algorithm>
#include <array>

#include "base/duration.hpp"

namespace lb::config {
namespace {

constexpr bool kInDefaults = true;
constexpr bool kOnlyHere = false;
constexpr auto kRequired = "required";
constexpr auto kNone = "none";

// clang-format off
constexpr std::array kFields{
    Field{"version", Type::number, kRequired, 1, 1, "", kOnlyHere, "1",
        "Version of this format.", "LB106"},
    Field{"node", Type::block, kRequired, 0, 0, "", kOnlyHere, "{interfaces: [eth0]}",
        "What is particular to this host.", "LB103"},
    Field{"node.interfaces", Type::list, kRequired, 1, 15, "", kOnlyHere, "[eth0, eth1]",
        "Where packets to the vips arrive: the program is attached to each.", "LB106"},
    Field{"node.seed", Type::seed, "made once and kept", 0, 0, "", kOnlyHere, "{file: secrets/seed}",
        "Secret key of the flow hash, the same on every host of a fleet: 32 hexadecimal digits in "
        "quotes, or the file that holds them, relative to this one. Taken out of the file, it stays in use.", "LB106"},
    Field{"node.seed.file", Type::text, kRequired, 1, 4095, "", kOnlyHere, "secrets/seed",
        "See `node.seed`.", "LB106"},
    Field{"node.source", Type::block, kNone, 0, 0, "", kOnlyHere, "{ipv4: 10.0.0.1}",
        "Source addresses of the outer header in the modes `ipip` and `gue`.", "LB103"},
    Field{"node.source.ipv4", Type::address, "primary address of the egress", 0, 0, "", kOnlyHere,
        "10.0.0.1", "Source of outer IPv4 headers.", "LB503"},
    Field{"node.source.ipv6", Type::address, "primary address of the egress", 0, 0, "", kOnlyHere,
        "\"2001:db8::1\"", "Source of outer IPv6 headers.", "LB503"},
    Field{"node.unmatched", Type::word, "pass", 0, 0, "pass, drop", kOnlyHere, "drop",
        "Packets to the address of a vip, but to none of its ports or protocols: left to the host, "
        "or dropped.", "LB106"},
    Field{"node.max_checks_per_second", Type::number, "5000", 10, 50000, "", kOnlyHere, "1000",
        "Budget of the prober. A configuration that needs more is refused (LB305).", "LB106"},
    Field{"node.max_checks_per_backend", Type::number, "100", 1, 50000, "", kOnlyHere, "50",
        "Checks per second that one backend's address may get, from all pools and vips together. A "
        "configuration that asks for more is refused (LB305).", "LB106"},
    Field{"node.check_references", Type::endpoints, kNone, 0, 0, "", kOnlyHere,
        "[\"192.0.2.1:22\", \"192.0.2.2:22\"]", "Two or more TCP ports that are no backends. When "
        "none of them answers, nor refuses, it is this host that cannot check "
        "([self-test](health-checks.md#is-it-us)).", "LB106"},
    Field{"node.event_hook", Type::text, kNone, 1, 4095, "", kOnlyHere, "/usr/local/sbin/lbd-page",
        "Program that lbd runs for each event that somebody should hear of at once; an absolute path "
        "([event hook](events.md#event-hook)). It may change while lbd runs.", "LB106"},
    Field{"node.move_window", Type::duration, "5m", 1000, 3'600'000, "", kOnlyHere, "2m",
        "When a slot gets another backend: how long a connection that says nothing keeps the one it "
        "has (UDP: 30s at most). One that speaks keeps it for as long as it lives.", "LB104"},
    Field{"node.verify_window", Type::duration, "30s, or three detection times if that is more", 1000,
        600'000, "", kOnlyHere, "1m",
        "How long lbd watches a change before it confirms it. At least three times the longest time "
        "in which a check finds a dead backend (LB307).", "LB104"},
    Field{"node.limits", Type::block, kNone, 0, 0, "", kOnlyHere, "{vips: 64}",
        "How much the maps hold. A change needs `lbctl detach` and a restart.", "LB103"},
    Field{"node.limits.vips", Type::number, "512", 1, 65536, "", kOnlyHere, "64",
        "Vips.", "LB106"},
    Field{"node.limits.backends", Type::number, "16384", 1, 1048575, "", kOnlyHere, "4096",
        "Backends of all pools together.", "LB106"},
    Field{"node.limits.slots", Type::number, "4194304", 8186, 268435456, "", kOnlyHere, "1048576",
        "Slots of all vips together; a vip needs twice its `slots`, 8 bytes each.", "LB106"},
    Field{"node.limits.flows", Type::number, "262144", 1024, 16'777'216, "", kOnlyHere, "1048576",
        "Flow entries: connections that are remembered while their slots move. A full table delays "
        "moves and breaks no connection.", "LB106"},
    Field{"node.limits.sources", Type::number, "16384", 1, 1048576, "", kOnlyHere, "1024",
        "Networks in `allow` and `deny` of all vips together, and one for each vip that has any.",
        "LB106"},

    Field{"http", Type::block, kNone, 0, 0, "", kOnlyHere, "{listen: \"127.0.0.1:9677\"}",
        "What lbd tells browsers and programs on this host over TCP, read-only "
        "([status page](status-page.md), [metrics](monitoring/README.md)).",
        "LB103"},
    Field{"http.listen", Type::endpoint, "no listener", 0, 0, "", kOnlyHere, "\"127.0.0.1:9677\"",
        "A loopback address and a port for the status page, `/metrics`, `/healthz` and `/readyz`. "
        "It may change while lbd runs.", "LB106"},

    Field{"defaults", Type::block, kNone, 0, 0, "", kOnlyHere, "{forward: l2}",
        "Values for all pools and vips that do not say otherwise.", "LB103"},

    Field{"pools", Type::named, kRequired, 0, 0, "", kOnlyHere, "{web: {...}}",
        "Sets of backends that do the same job.", "LB103"},
    Field{"pools.NAME.health_check", Type::block, kRequired, 0, 0, "", kInDefaults, "{type: tcp}",
        "How the backends are checked. Never optional (LB001).", "LB103"},
    Field{"pools.NAME.health_check.type", Type::word, kRequired, 0, 0, 
        "tcp, http, https, udp, dns, grpc, icmp, none", kOnlyHere, "http",
        "What is sent: see [which check](health-checks.md#which-check-should-i-use). `none`: for "
        "a while nothing ([a pool without a check](health-checks.md#a-pool-without-a-check)).",
        "LB106"},
    Field{"pools.NAME.health_check.reason", Type::text, "required by `none`", 1, 255, "", kOnlyHere,
        "\"moving to https, ticket 118\"", "`none`: why the pool is not checked (LB002).", "LB106"},
    Field{"pools.NAME.health_check.until", Type::date, "required by `none`", 0, 0, "", kOnlyHere,
        "2026-12-31", "`none`: its last day (UTC), at most 30 days ahead (LB002, LB004).", "LB106"},
    Field{"pools.NAME.health_check.interval", Type::duration, "2s", 100, 30'000, "", kInDefaults,
        "1s", "Time between checks in a settled state.", "LB104"},
    Field{"pools.NAME.health_check.fast_interval", Type::duration, "1s, or `interval` if that is less",
        50, 30'000, "", kInDefaults, "500ms", "The same while a state is in doubt.", "LB104"},
    Field{"pools.NAME.health_check.timeout", Type::duration, "1s, or `fast_interval` if that is less",
        50, 30'000, "", kInDefaults, "500ms",
        "Deadline of one attempt in total, from connect to the last byte.", "LB104"},
    Field{"pools.NAME.health_check.rise", Type::number, "2", 1, 10, "", kInDefaults, "3",
        "Passes in a row that bring a DOWN backend up.", "LB106"},
    Field{"pools.NAME.health_check.fall", Type::number, "3", 1, 10, "", kInDefaults, "2",
        "Fails in a row that bring an UP backend down.", "LB106"},
    Field{"pools.NAME.health_check.jitter", Type::percent, "5%", 0, 50, "", kInDefaults, "10%",
        "Random part of `interval`, plus or minus.", "LB106"},
    Field{"pools.NAME.health_check.stale_after", Type::duration,
        "15s, or the detection bound if that is more", 100, 600'000, "", kInDefaults, "30s",
        "Without a conclusive result for so long, or after five inconclusive ones in a row, a backend "
        "is STALE: its last verdict stands, and lbd says that it is blind. At least the detection "
        "bound (LB306).", "LB104"},
    Field{"pools.NAME.health_check.check_via", Type::word, "vip", 0, 0, "vip, direct", kInDefaults,
        "direct", "How a check travels: to each address of the pool's vips, as a client's packet "
        "that lbd forwards to this backend, so that tunnel and vip are proved, too; or to the "
        "backend's own address (LB205).", "LB106"},
    Field{"pools.NAME.health_check.source", Type::address, "of the interface that leads there", 0, 0,
        "", kInDefaults, "10.0.0.9", "Address that checks come from, where it is of the family of "
        "the address that is checked.", "LB106"},
    Field{"pools.NAME.health_check.interface", Type::text, "routes decide", 1, 15, "", kInDefaults,
        "eth1", "Interface that checks leave through; with `check_via: direct` only, else the way "
        "of the packets is theirs.", "LB106"},
    Field{"pools.NAME.health_check.port", Type::number, "the port of the pool's vips", 1, 65535, "",
        kInDefaults, "8080", "Port that is checked. Required where the vips have several ports or a "
        "range, or the pool has no vip (LB111).", "LB106"},
    Field{"pools.NAME.health_check.path", Type::text, "/", 1, 1024, "", kInDefaults, "/healthz",
        "`http`, `https`: what is asked for.", "LB106"},
    Field{"pools.NAME.health_check.host", Type::text, "the backend's address", 1, 255, "",
        kInDefaults, "www.example.com", "`http`, `https`: the `Host` header.", "LB106"},
    Field{"pools.NAME.health_check.expect_status", Type::status, "200", 100, 599, "", kInDefaults,
        "[200, 204-206]", "`http`, `https`: status codes that pass: one, a range, or a list of those.",
        "LB106"},
    Field{"pools.NAME.health_check.method", Type::word, "GET", 0, 0, "GET, HEAD", kInDefaults, "HEAD",
        "`http`, `https`: the request's method.", "LB106"},
    Field{"pools.NAME.health_check.http_version", Type::word, "1.1", 0, 0, "1.1, 2", kInDefaults, "2",
        "`http`, `https`: 2 is spoken at once over `http`, and offered by ALPN over `https`.", "LB106"},
    Field{"pools.NAME.health_check.expect_header", Type::text, kNone, 1, 1024, "", kInDefaults,
        "\"X-Shop: frontend\"", "`http`, `https`: a header that the answer must have; without a value "
        "(`X-Shop:`) any will do.", "LB106"},
    Field{"pools.NAME.health_check.expect_body", Type::text, kNone, 1, 1024, "", kInDefaults,
        "shop-frontend", "`http`, `https`: text that must occur in the first 64 KiB of the body.",
        "LB106"},
    Field{"pools.NAME.health_check.sni", Type::text, "`host`", 1, 255, "", kInDefaults,
        "www.example.com", "`https`: the name that the handshake asks for and that the certificate "
        "must have; without `host` it is the backend's address.", "LB106"},
    Field{"pools.NAME.health_check.tls_verify", Type::flag, "true", 0, 0, "true, false", kInDefaults,
        "false", "`https`: verify chain, name and dates of the certificate.", "LB106"},
    Field{"pools.NAME.health_check.tls_ca", Type::text, "the system's", 1, 1024, "", kInDefaults,
        "/etc/lbd/ca.pem", "`https`: file of the authorities to trust, PEM, an absolute path that the "
        "user lbd-check can read.", "LB106"},
    Field{"pools.NAME.health_check.send", Type::text, kNone, 1, 1024, "", kInDefaults,
        "\"PING\\r\\n\"", "`tcp`: sent after the handshake. `udp`: the datagram (required).", "LB106"},
    Field{"pools.NAME.health_check.expect", Type::text, kNone, 1, 1024, "", kInDefaults, "PONG",
        "`tcp`: text that must occur in the first 4 KiB of the answer. `udp`: in the reply (required: "
        "silence never passes).", "LB106"},
    Field{"pools.NAME.health_check.name", Type::text, kNone, 1, 253, "", kInDefaults,
        "health.example.com", "`dns`: what is asked for (required).", "LB106"},
    Field{"pools.NAME.health_check.qtype", Type::word, "A", 0, 0, "A, AAAA, NS, SOA, TXT", kInDefaults,
        "AAAA", "`dns`: the type of record.", "LB106"},
    Field{"pools.NAME.health_check.expect_rcode", Type::word, "NOERROR", 0, 0,
        "NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED", kInDefaults, "NXDOMAIN",
        "`dns`: the code that passes.", "LB106"},
    Field{"pools.NAME.health_check.expect_answer", Type::text, kNone, 1, 255, "", kInDefaults,
        "192.0.2.7", "`dns`: an address or a text that one of the answers must be.", "LB106"},
    Field{"pools.NAME.health_check.grpc_service", Type::text, "the server as a whole", 1, 255, "",
        kInDefaults, "shop.Frontend", "`grpc`: the service whose health is asked for.", "LB106"},
    Field{"pools.NAME.forward", Type::word, "ipip", 0, 0, "ipip, l2, gue", kInDefaults,
        "l2", "How packets reach a backend: in an IP tunnel, with another MAC address, or in UDP "
        "(port 6080).", "LB106"},
    Field{"pools.NAME.min_healthy", Type::floor, "1", 1, 65535, "", kInDefaults, "30%",
        "So many healthy backends, or so many percent of the `ready` ones, are enough. With fewer "
        "`all_down` decides.", "LB106"},
    Field{"pools.NAME.all_down", Type::word, "fail_open", 0, 0, "fail_open, fail_closed",
        kInDefaults, "fail_closed",
        "When fewer than `min_healthy` are healthy: send to all that are `ready`, or to none.", "LB106"},
    Field{"pools.NAME.fail_open_exit", Type::percent, "50%", 0, 100, "", kInDefaults, "30%",
        "`fail_open` ends when so many of the `ready` backends are healthy again (and "
        "`min_healthy`): not all traffic on the first that returns.", "LB106"},
    Field{"pools.NAME.fail_open_exit_after", Type::duration, "60s", 0, 600'000, "", kInDefaults, "2m",
        "Or when `min_healthy` has held for so long.", "LB104"},
    Field{"pools.NAME.drain_timeout", Type::duration, "5m", 0, 86'400'000, "", kInDefaults, "1m",
        "How long a backend that drains, or that was removed, may keep the connections it has.",
        "LB104"},
    Field{"pools.NAME.slow_start", Type::duration, "0s", 0, 900'000, "", kInDefaults, "30s",
        "Until a backend that comes back from DOWN has all of its slots again, in ten steps.",
        "LB104"},
    Field{"pools.NAME.flap_threshold", Type::number, "5", 0, 100, "", kInDefaults, "3",
        "Changes between UP and DOWN within `flap_window` after which a backend's return waits "
        "(HELD_DOWN), if the pool can do without it. 0: never.", "LB106"},
    Field{"pools.NAME.flap_window", Type::duration, "5m", 1000, 3'600'000, "", kInDefaults, "10m",
        "See `flap_threshold`.", "LB104"},
    Field{"pools.NAME.hold_down", Type::duration, "30s", 1000, 3'600'000, "", kInDefaults, "1m",
        "The first such wait; the next is twice as long, until `flap_window` has passed without one. "
        "Plus or minus a tenth.", "LB104"},
    Field{"pools.NAME.hold_down_max", Type::duration, "300s, or `hold_down` if that is more", 1000,
        3'600'000, "", kInDefaults, "10m", "The longest such wait.", "LB104"},
    Field{"pools.NAME.change_floor", Type::percent, "50%", 0, 100, "", kInDefaults, "80%",
        "A change must leave so many of the backends that are healthy now, or it is refused "
        "([LB703](rules/LB703.md)).", "LB106"},
    Field{"pools.NAME.backends", Type::named, kRequired, 0, 0, "", kOnlyHere,
        "{web-1: {address: 10.0.1.11}}", "Who does the job (LB406).", "LB103"},
    Field{"pools.NAME.backends.NAME.address", Type::address, kRequired, 0, 0, "", kOnlyHere,
        "10.0.1.11", "A literal unicast address.", "LB503"},
    Field{"pools.NAME.backends.NAME.weight", Type::number, "100", 0, 1000, "", kOnlyHere, "50",
        "Share of the vip's slots, relative to the others.", "LB405"},
    Field{"pools.NAME.backends.NAME.backup", Type::flag, "false", 0, 0, "true, false", kOnlyHere,
        "true", "Gets flows only while fewer than `min_healthy` of the others are healthy.", "LB106"},
    Field{"pools.NAME.backends.NAME.state", Type::word, "ready", 0, 0, "ready, drain, maint",
        kOnlyHere, "drain", "Admin state: gets flows; no new flows; none at all.", "LB106"},

    Field{"vips", Type::named, kRequired, 0, 0, "", kOnlyHere, "{shop: {...}}",
        "What clients connect to.", "LB103"},
    Field{"vips.NAME.address", Type::address, kRequired, 0, 0, "", kOnlyHere, "192.0.2.10",
        "A literal unicast address.", "LB503"},
    Field{"vips.NAME.port", Type::ports, kRequired, 1, 65535, "", kOnlyHere, "443",
        "One port, a range (`8000-8100`) or `any`. The backends serve the same ports.", "LB106"},
    Field{"vips.NAME.protocol", Type::word, kRequired, 0, 0, "tcp, udp", kOnlyHere, "tcp",
        "Transport protocol.", "LB106"},
    Field{"vips.NAME.pool", Type::text, kRequired, 1, 63, "", kOnlyHere, "web",
        "Name of the pool that serves it (LB110).", "LB106"},
    Field{"vips.NAME.slots", Type::number, "16381", 0, 0, "4093, 16381, 65537, 655373", kInDefaults,
        "65537", "Size of its table: 100 for each backend or more (LB407). A change moves flows.",
        "LB106"},
    Field{"vips.NAME.tracking", Type::word, "auto", 0, 0, "auto, always", kInDefaults, "always",
        "Remember connections only while their slot changes its backend, or all of them, as other "
        "balancers do: many times the cost for each packet.", "LB106"},
    Field{"vips.NAME.affinity", Type::word, "connection", 0, 0, "connection, source, none", kOnlyHere,
        "source", "What stays together: the packets of a connection; all that a source address "
        "sends; nothing, each datagram goes its own way (udp only, LB112).", "LB106"},
    Field{"vips.NAME.quic", Type::flag, "false", 0, 0, "true, false", kOnlyHere, "true",
        "It serves QUIC: a connection that begins goes to a slot's new backend at once (udp only, "
        "LB112).", "LB106"},
    Field{"vips.NAME.echo", Type::flag, "false", 0, 0, "true, false", kOnlyHere, "true",
        "Pings to its address are answered here, up to 1000 a second and CPU.", "LB106"},
    Field{"vips.NAME.allow", Type::prefixes, "everybody", 0, 0, "", kOnlyHere, "[203.0.113.0/24]",
        "Source networks that may come; all others may not. Of `allow` and `deny` the longest "
        "prefix decides.", "LB106"},
    Field{"vips.NAME.deny", Type::prefixes, "nobody", 0, 0, "", kOnlyHere, "[203.0.113.66/32]",
        "Source networks that may not come.", "LB106"},
};
// clang-format on

constexpr std::string_view kName = "NAME";
constexpr std::string_view kDefaults = "defaults";

bool is_child(std::string_view path, std::string_view parent) {
    if (!parent.empty()) {
        if (!path.starts_with(parent) || path.size() <= parent.size() + 1) return false;
        path.remove_prefix(parent.size());
        if (path.front() != '.') return false;
        path.remove_prefix(1);
    }
    return path.find('.') == path.npos && path != kName;
}

/// Where the field of "defaults.X" may stand: X in a pool, or in a vip.
constexpr std::array<std::string_view, 2> kDefaulted{"pools.NAME", "vips.NAME"};

bool is_in_defaults(std::string_view path) {
    return path.starts_with(kDefaults) &&
           (path.size() == kDefaults.size() || path[kDefaults.size()] == '.');
}

std::string_view name_of(Type type) {
    constexpr std::array<std::string_view, 18> names{"block",
                                                     "blocks by name",
                                                     "number",
                                                     "percent",
                                                     "duration",
                                                     "address",
                                                     "word",
                                                     "text",
                                                     "list of texts",
                                                     "status",
                                                     "seed",
                                                     "ports",
                                                     "flag",
                                                     "list of networks",
                                                     "address and port",
                                                     "list of addresses and ports",
                                                     "date",
                                                     "number or percent"};
    return names.at(static_cast<std::size_t>(type));
}

}  // namespace

std::span<const Field> fields() {
    return kFields;
}

const Field* find_field(std::string_view path) {
    const auto at = [](std::string_view wanted) -> const Field* {
        const auto found = std::find_if(kFields.begin(), kFields.end(),
                                        [&](const Field& field) { return field.path == wanted; });
        return found == kFields.end() ? nullptr : &*found;
    };
    if (!is_in_defaults(path) || path == kDefaults) return at(path);
    for (const auto parent : kDefaulted) {
        const auto* field = at(std::string{parent} + std::string{path.substr(kDefaults.size())});
        if (field && field->in_defaults) return field;
    }
    return nullptr;
}

std::vector<std::string> keys_below(std::string_view path) {
    std::vector<std::string> keys;
    const bool is_defaults = is_in_defaults(path);
    const auto collect = [&](const std::string& parent) {
        for (const auto& field : kFields)
            if (is_child(field.path, parent) && (!is_defaults || field.in_defaults))
                keys.emplace_back(field.path.substr(parent.empty() ? 0 : parent.size() + 1));
    };
    if (!is_defaults) {
        collect(std::string{path});
    } else {
        for (const auto parent : kDefaulted)
            collect(std::string{parent} + std::string{path.substr(kDefaults.size())});
    }
    return keys;
}

std::string range_of(const Field& field) {
    const auto from_to = [&](auto print) { return print(field.least) + "-" + print(field.most); };
    switch (field.type) {
        case Type::number:
            if (!field.choices.empty()) return std::string{field.choices};
            if (field.least == field.most) return std::to_string(field.least);
            return from_to([](long value) { return std::to_string(value); });
        case Type::floor:
            return from_to([](long value) { return std::to_string(value); }) + ", 1%-100%";
        case Type::ports:
        case Type::status:
            return from_to([](long value) { return std::to_string(value); });
        case Type::percent:
            return from_to([](long value) { return std::to_string(value) + "%"; });
        case Type::duration:
            return from_to([](long value) { return print_duration(milliseconds{value}); });
        case Type::text:
        case Type::list:
            return from_to([](long value) { return std::to_string(value); }) + " bytes";
        default:
            return std::string{field.choices};
    }
}

std::string reference() {
    std::string out =
        "| key | type | default | range | example | meaning |\n"
        "|---|---|---|---|---|---|\n";
    for (const auto& field : kFields) {
        out += "| `" + std::string{field.path} + "`" + (field.in_defaults ? " †" : "") + " | ";
        out += std::string{name_of(field.type)} + " | " + std::string{field.fallback} + " | ";
        const auto range = range_of(field);
        out += (range.empty() ? "-" : range) + " | `" + std::string{field.example} + "` | ";
        out += std::string{field.meaning} + " |\n";
    }
    return out;
}

}  // namespace lb::config
