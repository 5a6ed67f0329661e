// SPDX-License-Identifier: Apache-2.0
/// Spec: the configuration after reading, as plain values.  config/ fills it, everyone else reads.
///
/// Every value has its default filled in; `where` is the place in the file that a message about
/// the object should name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/date.hpp"
#include "base/duration.hpp"
#include "base/siphash.hpp"

namespace lb {

/// A place in the configuration file; both count from 1, 0: unknown.
struct Where {
    int line = 0;
    int column = 0;
    bool operator==(const Where&) const = default;
};

enum class Protocol : std::uint8_t { tcp = 6, udp = 17 };             // IANA protocol numbers
enum class ForwardMode : std::uint8_t { ipip = 0, l2 = 1, gue = 2 };  // enum lb_forward_mode
enum class AllDown { fail_open, fail_closed };
enum class AdminState { ready, drain, maint };
enum class Tracking { automatic, always };  // "auto" is a word of C++
enum class CheckType { tcp, http, https, udp, dns, grpc, icmp, none };
enum class CheckVia { vip, direct };
enum class HttpMethod { get, head };
enum class HttpVersion { http1, http2 };
enum class DnsType : std::uint16_t { a = 1, ns = 2, soa = 6, txt = 16, aaaa = 28 };  // IANA
enum class DnsRcode { noerror, formerr, servfail, nxdomain, notimp, refused };       // RFC 1035
enum class Affinity { connection, source, none };
enum class Unmatched { pass, drop };

/// Inclusive; "any" is 0 to 65535.
struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    auto operator<=>(const PortRange&) const = default;

    static constexpr PortRange any() { return {0, 65535}; }
    bool is_single() const { return first == last; }
    bool meets(const PortRange& other) const { return first <= other.last && other.first <= last; }
    std::string text() const;  ///< "443", "8000-8100", "any"
};

/// "200" or "200-299": inclusive.
struct StatusRange {
    int first = 200;
    int last = 200;
    bool operator==(const StatusRange&) const = default;
};

/// What an attempt sends, and which answer passes.  The meaning of each key: docs/configuration.md.
struct Question {
    CheckType type = CheckType::tcp;
    // http, https
    HttpMethod method = HttpMethod::get;
    HttpVersion http_version = HttpVersion::http1;
    std::string path = "/";
    std::string host;  ///< Host header; empty: the backend's address
    std::vector<StatusRange> expect_status = std::vector<StatusRange>(1);  // 200
    std::string expect_header;  ///< "Name: value", or "Name:" with any value; empty: not looked at
    std::string expect_body;    ///< must occur in the body; empty: not looked at
    // https
    std::string sni;  ///< also the name that is verified; empty: `host`, else the address
    bool tls_verify = true;
    std::string tls_ca;  ///< file of trusted authorities; empty: the system's
    // tcp, udp
    std::string send;    ///< after the connection; empty: nothing
    std::string expect;  ///< must occur in the answer; empty: not looked at
    // dns
    std::string name;
    DnsType qtype = DnsType::a;
    DnsRcode expect_rcode = DnsRcode::noerror;
    std::string expect_answer;  ///< an address or text that an answer must hold; empty: none
    // grpc
    std::string grpc_service;  ///< empty: the server as a whole
    bool operator==(const Question&) const = default;
};

/// How a pool's backends are checked.
struct Check : Question {
    milliseconds interval{2000};
    milliseconds fast_interval{1000};   ///< while the state is in doubt
    milliseconds timeout{1000};         ///< of one attempt, in total
    int rise = 2;                       ///< consecutive passes that heal
    int fall = 3;                       ///< consecutive fails that eject
    int jitter_percent = 5;             ///< random part of `interval`, plus or minus
    milliseconds stale_after{15'000};   ///< without a conclusive result: STALE
    CheckVia via = CheckVia::vip;       ///< as a client's packet, or to the backend's own address
    std::optional<std::uint16_t> port;  ///< else the port of the pool's vips
    std::optional<Address> source;      ///< else what the way to the backend decides
    std::string interface;              ///< that it must leave through; empty: routes decide
    Where where;
    // none: nothing is sent, and nothing of the above means anything
    std::string reason{};         ///< why the pool is not checked
    std::optional<Date> until{};  ///< the last day (UTC) of that
    bool operator==(const Check&) const = default;

    bool is_none() const { return type == CheckType::none; }

    /// The longest time from death to DOWN (safety.md, T_d).
    milliseconds detection_bound() const;
};

/// So many, or so many percent of the `ready` ones.
struct Floor {
    int value = 1;
    bool is_percent = false;
    bool operator==(const Floor&) const = default;

    int of(int ready) const;   ///< rounded up, at least 1
    std::string text() const;  ///< "2", "30%"
};

struct BackendSpec {
    Address address;
    int weight = 100;
    bool backup = false;  ///< only while the pool is below its floor without it
    AdminState state = AdminState::ready;
    Where where;
    bool operator==(const BackendSpec&) const = default;
};

struct Pool {
    std::optional<Check> check;  ///< absent: never valid (LB001), but a spec can say so
    ForwardMode forward = ForwardMode::ipip;
    Floor min_healthy;  ///< fewer healthy backends than that: `all_down` decides
    AllDown all_down = AllDown::fail_open;
    int fail_open_exit_percent = 50;            ///< of the ready ones healthy again: fail_open ends
    milliseconds fail_open_exit_after{60'000};  ///< or when min_healthy has held for so long
    milliseconds drain_timeout{300'000};        ///< flows of a backend that drains or leaves
    milliseconds slow_start{0};  ///< until a backend that came back has all its slots
    int flap_threshold = 5;      ///< changes within flap_window, then returns wait; 0: off
    milliseconds flap_window{300'000};
    milliseconds hold_down{30'000};  ///< the first wait; the next is twice as long
    milliseconds hold_down_max{300'000};
    int change_floor_percent = 50;  ///< of the healthy ones: so many a change must leave
    std::map<std::string, BackendSpec> backends;
    Where where;
    bool operator==(const Pool&) const = default;
};

struct Vip {
    Address address;
    PortRange ports;
    Protocol protocol = Protocol::tcp;
    std::string pool;
    std::uint32_t slots = 16381;  ///< a prime of kSlotSizes
    Tracking tracking = Tracking::automatic;
    bool quic = false;  ///< a QUIC Initial begins a flow
    Where where;
    Affinity affinity = Affinity::connection;
    bool echo = false;                    ///< its address answers pings
    std::vector<Prefix> allow{}, deny{};  ///< who may come; nobody listed: all
    bool operator==(const Vip&) const = default;
};

/// How much the maps hold.
struct Limits {
    std::uint32_t vips = 512;
    std::uint32_t backends = 16384;
    std::uint32_t slots = 4194304;  ///< both halves of all vips together
    std::uint32_t flows = 262144;   ///< flow entries
    std::uint32_t sources = 16384;  ///< prefixes of all vips' lists together
    bool operator==(const Limits&) const = default;
};

struct Node {
    std::vector<std::string> interfaces;
    std::optional<Seed> seed;                 ///< absent: made once and kept by lbd
    std::optional<Address> source4, source6;  ///< of the outer header; else the egress decides
    int max_checks_per_second = 5000;
    int max_checks_per_backend = 100;       ///< per second to one address, from all pools
    milliseconds move_window{300'000};      ///< until a silent flow follows its slot
    Unmatched unmatched = Unmatched::pass;  ///< to a vip's address, but to no vip
    Limits limits;
    Where where;
    std::vector<Endpoint> check_references{};  ///< if none of them answers, it is our fault
    milliseconds verify_window{30'000};        ///< a generation is watched before it is confirmed
    std::string event_hook{};  ///< absolute path of a program that hears of events; empty: none
    bool operator==(const Node&) const = default;
};

/// What lbd tells whoever is on this host: metrics, over TCP, read-only.
struct Http {
    std::optional<Endpoint> listen;  ///< a loopback address; nothing: no listener
    bool operator==(const Http&) const = default;
};

struct Spec {
    Node node;
    std::map<std::string, Pool> pools;
    std::map<std::string, Vip> vips;
    Http http{};
    bool operator==(const Spec&) const = default;
};

/// Of all checks the longest time from death to DOWN; 0 where nothing is checked.
milliseconds longest_detection(const Spec& spec);

/// The only table sizes: primes, the first for small hosts, the default, Maglev's two.
inline constexpr std::uint32_t kSlotSizes[] = {4093, 16381, 65537, 655373};

const char* text(Protocol);
const char* text(ForwardMode);
const char* text(AllDown);
const char* text(AdminState);
const char* text(Tracking);
const char* text(CheckType);
const char* text(CheckVia);
const char* text(HttpMethod);
const char* text(HttpVersion);
const char* text(DnsType);
const char* text(DnsRcode);  ///< "NOERROR", "NXDOMAIN", ...
const char* text(Affinity);
const char* text(Unmatched);
std::string text(const StatusRange&);

/// One backend of one pool, everywhere: "web/web-1".
struct BackendId {
    std::string pool;
    std::string backend;
    auto operator<=>(const BackendId&) const = default;
    std::string text() const { return pool + "/" + backend; }
};

/// How many prefixes the lists of a vip need in the maps; each list has an entry for the rest.
std::size_t source_count(const Vip& vip);

/// "192.0.2.1:443/tcp", "[2001:db8::1]:8000-8100/udp", "192.0.2.1:any/tcp"
std::string service_text(const Address& address, const PortRange& ports, Protocol protocol);

/// The port that `pool`'s checks go to: its `check.port`, else the one port that its vips share.
std::optional<std::uint16_t> check_port(const Spec& spec, const std::string& pool);

}  // namespace lb
