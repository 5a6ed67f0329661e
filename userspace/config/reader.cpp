// SPDX-License-Identifier: Apache-2.0
#include "config/reader.hpp"

#include <algorithm>

#include "config/allowances.hpp"
#include "config/block.hpp"
#include "config/check.hpp"
#include "config/validate.hpp"

namespace lb::config {
namespace {

/// What pools and vips start from.
struct Defaults {
    Pool pool;
    Vip vip;
    WrittenCheck check;
};

void read_pool_keys(const Block& block, Pool& pool) {
    block.read("forward", pool.forward);
    block.read("min_healthy", pool.min_healthy);
    block.read("all_down", pool.all_down);
    block.read("fail_open_exit", pool.fail_open_exit_percent);
    block.read("fail_open_exit_after", pool.fail_open_exit_after);
    block.read("drain_timeout", pool.drain_timeout);
    block.read("slow_start", pool.slow_start);
    block.read("flap_threshold", pool.flap_threshold);
    block.read("flap_window", pool.flap_window);
    block.read("hold_down", pool.hold_down);
    block.read("change_floor", pool.change_floor_percent);
    if (!block.read("hold_down_max", pool.hold_down_max))
        pool.hold_down_max = std::max(pool.hold_down_max, pool.hold_down);
}

BackendSpec read_backend(const Member& member) {
    BackendSpec backend;
    if (!member.block) return backend;
    if (member.block->read("address", backend.address)) backend.where = member.where;
    member.block->read("weight", backend.weight);
    member.block->read("backup", backend.backup);
    member.block->read("state", backend.state);
    return backend;
}

Pool read_pool(const Member& member, const Defaults& defaults) {
    Pool pool = defaults.pool;
    if (!member.block) return pool;
    pool.where = member.where;
    const auto& block = *member.block;
    read_pool_keys(block, pool);
    pool.check = read_check(block, "pool \"" + member.name + "\"", defaults.check);
    for (const auto& backend : block.members("backends", "backend", member.name + "/"))
        pool.backends.emplace(backend.name, read_backend(backend));
    return pool;
}

/// Those that may stand in `defaults`, too.
void read_vip_keys(const Block& block, Vip& vip) {
    block.read("slots", vip.slots);
    block.read("tracking", vip.tracking);
}

void read_sources(const Block& block, Vip& vip) {
    block.read("allow", vip.allow);
    block.read("deny", vip.deny);
    for (const auto& prefix : vip.deny)
        if (std::find(vip.allow.begin(), vip.allow.end(), prefix) != vip.allow.end())
            block.add("LB113", block.find("deny")->value.where, prefix.text() + " is in allow, too",
                      "remove it from one of the two");
}

Vip read_vip(const Member& member, const Defaults& defaults) {
    Vip vip = defaults.vip;
    if (!member.block) return vip;
    const auto& block = *member.block;
    const bool has_address = block.read("address", vip.address);
    const bool has_port = block.read("port", vip.ports);
    const bool has_protocol = block.read("protocol", vip.protocol);
    const bool has_pool = block.read("pool", vip.pool);
    read_vip_keys(block, vip);
    if (block.read("affinity", vip.affinity) && vip.affinity == Affinity::none && has_protocol &&
        vip.protocol == Protocol::tcp)
        block.add("LB112", block.find("affinity")->value.where,
                  "affinity: none would tear tcp connections apart", "use it with udp only");
    if (block.read("quic", vip.quic) && vip.quic && has_protocol && vip.protocol == Protocol::tcp)
        block.add("LB112", block.find("quic")->value.where, "quic: true, but QUIC runs over udp",
                  "use it with udp only");
    block.read("echo", vip.echo);
    read_sources(block, vip);
    if (has_address && has_port && has_protocol && has_pool) vip.where = member.where;
    return vip;
}

Defaults read_defaults(const Block& root) {
    Defaults defaults;
    const auto block = root.block("defaults", "defaults");
    if (!block) return defaults;
    read_pool_keys(*block, defaults.pool);
    read_vip_keys(*block, defaults.vip);
    if (const auto check = block->block("health_check", "defaults health_check"))
        read_check_keys(*check, defaults.check);
    return defaults;
}

/// 32 hexadecimal digits, or the file that holds them.  No message shows a digit.
void read_seed(const Block& node, const FileReader& files, std::optional<Seed>& seed) {
    const auto* entry = node.find("seed");
    if (!entry) return;
    constexpr auto expected = "32 hexadecimal digits in quotes, e.g. from `openssl rand -hex 16`";
    const auto where = entry->value.where;
    std::string digits = entry->value.text;
    if (entry->value.kind == yaml::Node::Kind::block) {
        const auto block = node.block("seed", "node seed");
        std::string path;
        if (!block->read("file", path)) return;
        const auto content = files(path);
        if (!content) return block->add("LB106", where, "file: " + content.error().what);
        digits = *content;
        if (digits.ends_with('\n')) digits.pop_back();
    } else if (!node.is_value("seed")) {
        return;
    } else if (!entry->value.quoted) {
        return node.add("LB106", where, "seed is not in quotes", expected);
    }
    seed = parse_seed(digits);
    if (!seed) node.add("LB106", where, "seed is not 32 hexadecimal digits", expected);
}

void read_source(const Block& node, std::string_view key, bool is_v4,
                 std::optional<Address>& source) {
    Address address;
    if (!node.read(key, address)) return;
    if (address.is_v4() != is_v4)
        return node.add("LB503", node.find(key)->value.where,
                        std::string{key} + " is of the other family",
                        is_v4 ? "give an IPv4 address" : "give an IPv6 address");
    source = address;
}

Node read_node(const Block& root, const FileReader& files) {
    Node node;
    root.present("node");
    const auto block = root.block("node", "node");
    if (!block) return node;
    node.where = block->where();
    block->read("interfaces", node.interfaces);
    read_seed(*block, files, node.seed);
    block->read("unmatched", node.unmatched);
    block->read("max_checks_per_second", node.max_checks_per_second);
    block->read("max_checks_per_backend", node.max_checks_per_backend);
    block->read("check_references", node.check_references);
    block->read("event_hook", node.event_hook);
    block->read("move_window", node.move_window);
    if (!block->read("verify_window", node.verify_window))
        node.verify_window = milliseconds{0};  // follows from the checks, which come later
    if (const auto source = block->block("source", "node source")) {
        read_source(*source, "ipv4", true, node.source4);
        read_source(*source, "ipv6", false, node.source6);
    }
    if (const auto limits = block->block("limits", "node limits")) {
        limits->read("vips", node.limits.vips);
        limits->read("backends", node.limits.backends);
        limits->read("slots", node.limits.slots);
        limits->read("flows", node.limits.flows);
        limits->read("sources", node.limits.sources);
    }
    return node;
}

/// Whoever can connect can read, so nobody from elsewhere may.
Http read_http(const Block& root) {
    Http http;
    const auto block = root.block("http", "http");
    if (!block) return http;
    std::optional<Endpoint> listen;
    if (!block->read("listen", listen)) return http;
    if (listen->address.is_loopback())
        http.listen = listen;
    else
        block->add("LB106", block->find("listen")->value.where,
                   "listen: " + listen->address.text() + " is no loopback address",
                   "use 127.0.0.1 or [::1], and let a proxy that knows its clients lead there");
    return http;
}

/// `pools` and `vips` with nothing in them are a template that went wrong.
void refuse_empty(const Block& root, std::string_view key) {
    const auto* entry = root.present(key);
    if (entry && entry->value.kind == yaml::Node::Kind::block && entry->value.entries.empty())
        root.add("LB107", entry->where, std::string{key} + " is empty", "name at least one");
}

void read_root(const Block& root, const FileReader& files, Spec& spec) {
    int version = 0;
    root.read("version", version);
    spec.node = read_node(root, files);
    spec.http = read_http(root);
    const auto defaults = read_defaults(root);
    refuse_empty(root, "pools");
    for (const auto& pool : root.members("pools", "pool"))
        spec.pools.emplace(pool.name, read_pool(pool, defaults));
    if (spec.node.verify_window.count() == 0)
        spec.node.verify_window = std::max(Node{}.verify_window, 3 * longest_detection(spec));
    refuse_empty(root, "vips");
    for (const auto& vip : root.members("vips", "vip"))
        spec.vips.emplace(vip.name, read_vip(vip, defaults));
}

}  // namespace

FileReader no_files(const std::string& who) {
    return [who](const std::string& path) -> Result<std::string> {
        return Error{path + ": " + who + " may name no file"};
    };
}

Reading read(const std::string& text, const FileReader& files) {
    auto tree = yaml::parse(text);
    Reading reading{{}, std::move(tree.findings)};
    using Kind = yaml::Node::Kind;
    if (tree.root && tree.root->kind == Kind::block) {
        read_root({*tree.root, {1, 1}, "", "", reading.findings}, files, reading.spec);
        check_references(reading.spec, reading.findings);
    } else if (reading.findings.empty()) {
        const bool is_empty = !tree.root || tree.root->kind == Kind::blank;
        reading.findings.push_back(
            {"LB109",
             Severity::error,
             {1, 1},
             {},
             is_empty ? "the file is empty" : "the file is not a block of keys",
             "start with version: 1"});
    }
    read_allowances(text, reading);
    sort(reading.findings);
    return reading;
}

}  // namespace lb::config
