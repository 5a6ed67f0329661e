// SPDX-License-Identifier: Apache-2.0
#include "config/print.hpp"

#include <array>
#include <cstdio>

#include "model/secret.hpp"

namespace lb::config {
namespace {

std::string hexadecimal(const char* before, unsigned byte) {
    std::array<char, 8> digits{};
    std::snprintf(digits.data(), digits.size(), "%s%02x", before, byte);
    return digits.data();
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') out += '\\';
        if (byte < 0x20 || byte == 0x7f)
            out += hexadecimal("\\x", byte);
        else
            out += c;
    }
    return out + '"';
}

/// A name as a key.  "null" without quotes would be blank.
std::string key(const std::string& name) {
    return name == "null" ? quoted(name) : name;
}

template <class Item>
std::string list(const std::vector<Item>& items, std::string (*print)(const Item&)) {
    std::string out;
    for (const auto& item : items)
        out += (out.empty() ? "" : ", ") + print(item);
    return "[" + out + "]";
}

std::string hexadecimal(const Seed& seed) {
    std::string out;
    for (const auto byte : seed)
        out += hexadecimal("", byte);
    return out;
}

std::string line(int depth, std::string_view name, std::string_view value) {
    return std::string(static_cast<std::size_t>(2 * depth), ' ') + std::string{name} + ": " +
           std::string{value} + "\n";
}

std::string line(int depth, std::string_view name, long value) {
    return line(depth, name, std::to_string(value));
}

std::string head(int depth, std::string_view name) {
    return std::string(static_cast<std::size_t>(2 * depth), ' ') + std::string{name} + ":\n";
}

/// A key of a check that has a value.
std::string maybe(std::string_view name, const std::string& text) {
    return text.empty() ? "" : line(3, name, quoted(text));
}

std::string print_source(const Node& node) {
    std::string out;
    if (node.source4) out += line(2, "ipv4", quoted(node.source4->text()));
    if (node.source6) out += line(2, "ipv6", quoted(node.source6->text()));
    return out.empty() ? out : head(1, "source") + out;
}

std::string print_node(const Node& node, Secrets secrets) {
    std::string out = head(0, "node");
    out += line(1, "interfaces",
                list<std::string>(node.interfaces, [](const auto& name) { return quoted(name); }));
    if (node.seed)
        out +=
            line(1, "seed", quoted(secrets == Secrets::shown ? hexadecimal(*node.seed) : kMasked));
    out += print_source(node);
    out += line(1, "unmatched", text(node.unmatched));
    out += line(1, "max_checks_per_second", node.max_checks_per_second);
    out += line(1, "max_checks_per_backend", node.max_checks_per_backend);
    if (!node.check_references.empty())
        out += line(1, "check_references",
                    list<Endpoint>(node.check_references,
                                   [](const Endpoint& each) { return quoted(each.text()); }));
    if (!node.event_hook.empty()) out += line(1, "event_hook", quoted(node.event_hook));
    out += line(1, "move_window", print_duration(node.move_window));
    out += line(1, "verify_window", print_duration(node.verify_window));
    out += head(1, "limits");
    out += line(2, "vips", node.limits.vips);
    out += line(2, "backends", node.limits.backends);
    out += line(2, "slots", node.limits.slots);
    out += line(2, "flows", node.limits.flows);
    out += line(2, "sources", node.limits.sources);
    return out;
}

/// Nothing is said about what is not there: hashes of before the key existed stay true.
std::string print_listener(const Http& http) {
    return http.listen ? head(0, "http") + line(1, "listen", quoted(http.listen->text())) : "";
}

std::string print_http(const Question& http) {
    auto out = line(3, "method", text(http.method)) +
               line(3, "http_version", text(http.http_version)) +
               line(3, "path", quoted(http.path)) + maybe("host", http.host) +
               line(3, "expect_status",
                    list<StatusRange>(http.expect_status, [](const auto& r) { return text(r); })) +
               maybe("expect_header", http.expect_header) + maybe("expect_body", http.expect_body);
    if (http.type == CheckType::http) return out;
    return out + maybe("sni", http.sni) +
           line(3, "tls_verify", http.tls_verify ? "true" : "false") + maybe("tls_ca", http.tls_ca);
}

std::string print_send(const Question& question, Secrets secrets) {
    const bool is_shown = secrets == Secrets::shown || question.send.empty();
    return maybe("send", is_shown ? question.send : kMasked);
}

std::string print_question(const Question& question, Secrets secrets) {
    switch (question.type) {
        case CheckType::http:
        case CheckType::https:
            return print_http(question);
        case CheckType::tcp:
        case CheckType::udp:
            return print_send(question, secrets) + maybe("expect", question.expect);
        case CheckType::grpc:
            return maybe("grpc_service", question.grpc_service);
        case CheckType::icmp:
        case CheckType::none:
            return {};
        case CheckType::dns:
            break;
    }
    return line(3, "name", quoted(question.name)) + line(3, "qtype", text(question.qtype)) +
           line(3, "expect_rcode", text(question.expect_rcode)) +
           maybe("expect_answer", question.expect_answer);
}

std::string print_check(const Check& check, Secrets secrets) {
    std::string out = head(2, "health_check");
    out += line(3, "type", text(check.type));
    if (check.is_none())
        return out + line(3, "check_via", text(check.via)) + maybe("reason", check.reason) +
               (check.until ? line(3, "until", print_date(*check.until)) : "");
    out += line(3, "interval", print_duration(check.interval));
    out += line(3, "fast_interval", print_duration(check.fast_interval));
    out += line(3, "timeout", print_duration(check.timeout));
    out += line(3, "rise", check.rise);
    out += line(3, "fall", check.fall);
    out += line(3, "jitter", std::to_string(check.jitter_percent) + "%");
    out += line(3, "stale_after", print_duration(check.stale_after));
    out += line(3, "check_via", text(check.via));
    if (check.source) out += line(3, "source", quoted(check.source->text()));
    out += maybe("interface", check.interface);
    if (check.port) out += line(3, "port", *check.port);
    return out + print_question(check, secrets);
}

std::string quoted_prefix(const Prefix& prefix) {
    return quoted(prefix.text());
}

}  // namespace

std::string print(const std::string& name, const Pool& pool, Secrets secrets) {
    std::string out = head(1, key(name));
    if (pool.check) out += print_check(*pool.check, secrets);
    out += line(2, "forward", text(pool.forward));
    out += line(2, "min_healthy", pool.min_healthy.text());
    out += line(2, "all_down", text(pool.all_down));
    out += line(2, "fail_open_exit", std::to_string(pool.fail_open_exit_percent) + "%");
    out += line(2, "fail_open_exit_after", print_duration(pool.fail_open_exit_after));
    out += line(2, "drain_timeout", print_duration(pool.drain_timeout));
    out += line(2, "slow_start", print_duration(pool.slow_start));
    out += line(2, "flap_threshold", pool.flap_threshold);
    out += line(2, "flap_window", print_duration(pool.flap_window));
    out += line(2, "hold_down", print_duration(pool.hold_down));
    out += line(2, "hold_down_max", print_duration(pool.hold_down_max));
    out += line(2, "change_floor", std::to_string(pool.change_floor_percent) + "%");
    if (pool.backends.empty()) return out;
    out += head(2, "backends");
    for (const auto& [id, backend] : pool.backends)
        out += line(3, key(id),
                    "{address: " + quoted(backend.address.text()) + ", weight: " +
                        std::to_string(backend.weight) + (backend.backup ? ", backup: true" : "") +
                        ", state: " + text(backend.state) + "}");
    return out;
}

std::string print(const std::string& name, const Vip& vip) {
    std::string out = head(1, key(name));
    out += line(2, "address", quoted(vip.address.text()));
    out += line(2, "port", vip.ports.text());
    out += line(2, "protocol", text(vip.protocol));
    out += line(2, "pool", quoted(vip.pool));
    out += line(2, "slots", vip.slots);
    out += line(2, "tracking", text(vip.tracking));
    out += line(2, "affinity", text(vip.affinity));
    out += line(2, "quic", vip.quic ? "true" : "false");
    out += line(2, "echo", vip.echo ? "true" : "false");
    if (!vip.allow.empty()) out += line(2, "allow", list<Prefix>(vip.allow, quoted_prefix));
    if (!vip.deny.empty()) out += line(2, "deny", list<Prefix>(vip.deny, quoted_prefix));
    return out;
}

std::string print(const Spec& spec, Secrets secrets) {
    std::string out =
        line(0, "version", 1) + print_node(spec.node, secrets) + print_listener(spec.http);
    if (!spec.pools.empty()) out += head(0, "pools");
    for (const auto& [name, pool] : spec.pools)
        out += print(name, pool, secrets);
    if (!spec.vips.empty()) out += head(0, "vips");
    for (const auto& [name, vip] : spec.vips)
        out += print(name, vip);
    return out;
}

}  // namespace lb::config
