// SPDX-License-Identifier: Apache-2.0
#include "config/check.hpp"

#include <algorithm>
#include <array>

namespace lb::config {
namespace {

constexpr auto kTcp = CheckType::tcp, kHttp = CheckType::http, kHttps = CheckType::https,
               kUdp = CheckType::udp, kDns = CheckType::dns, kGrpc = CheckType::grpc,
               kNone = CheckType::none;

/// A key that only some types have, and how a check loses it.
struct Special {
    std::string_view key;
    std::array<CheckType, 2> types;
    void (*forget)(Check&, const Check& fresh);
};

#define LB_MEMBER(member) [](Check& check, const Check& fresh) { check.member = fresh.member; }
constexpr std::array kSpecials{
    Special{"method", {kHttp, kHttps}, LB_MEMBER(method)},
    Special{"http_version", {kHttp, kHttps}, LB_MEMBER(http_version)},
    Special{"path", {kHttp, kHttps}, LB_MEMBER(path)},
    Special{"host", {kHttp, kHttps}, LB_MEMBER(host)},
    Special{"expect_status", {kHttp, kHttps}, LB_MEMBER(expect_status)},
    Special{"expect_header", {kHttp, kHttps}, LB_MEMBER(expect_header)},
    Special{"expect_body", {kHttp, kHttps}, LB_MEMBER(expect_body)},
    Special{"sni", {kHttps, kHttps}, LB_MEMBER(sni)},
    Special{"tls_verify", {kHttps, kHttps}, LB_MEMBER(tls_verify)},
    Special{"tls_ca", {kHttps, kHttps}, LB_MEMBER(tls_ca)},
    Special{"send", {kTcp, kUdp}, LB_MEMBER(send)},
    Special{"expect", {kTcp, kUdp}, LB_MEMBER(expect)},
    Special{"name", {kDns, kDns}, LB_MEMBER(name)},
    Special{"qtype", {kDns, kDns}, LB_MEMBER(qtype)},
    Special{"expect_rcode", {kDns, kDns}, LB_MEMBER(expect_rcode)},
    Special{"expect_answer", {kDns, kDns}, LB_MEMBER(expect_answer)},
    Special{"grpc_service", {kGrpc, kGrpc}, LB_MEMBER(grpc_service)},
    Special{"reason", {kNone, kNone}, LB_MEMBER(reason)},
    Special{"until", {kNone, kNone}, LB_MEMBER(until)},
};
#undef LB_MEMBER

bool belongs(const Special& special, CheckType type) {
    return std::find(special.types.begin(), special.types.end(), type) != special.types.end();
}

/// "use type: http or https"
std::string types_of(const Special& special) {
    std::string words = text(special.types[0]);
    if (special.types[1] != special.types[0]) words += std::string{" or "} + text(special.types[1]);
    return words;
}

/// The pool's own word must fit the type; what the defaults say is for those whom it fits.
void keep_what_fits(const Block& block, Check& check) {
    const Check fresh;
    if (check.via == CheckVia::vip) check.interface.clear();
    for (const auto& special : kSpecials) {
        if (belongs(special, check.type)) continue;
        special.forget(check, fresh);
        if (const auto* misplaced = block.find(special.key))
            block.add("LB101", misplaced->where,
                      std::string{"a "} + text(check.type) + " check has no key \"" +
                          misplaced->key + "\"",
                      "remove it, or use type: " + types_of(special));
    }
}

/// `check_via` is not about what is sent alone: verdicts belong to the vips that it names.
bool is_of_none(std::string_view key) {
    return key == "type" || key == "reason" || key == "until" || key == "check_via";
}

/// What is not checked has no rhythm and no expectations either, whatever the defaults say.
Check without_a_check(const Block& block, const Check& written) {
    for (const auto& key : keys_below("pools.NAME.health_check")) {
        const auto* entry = block.find(key);
        if (entry && !is_of_none(key))
            block.add("LB101", entry->where,
                      "nothing is checked, so there is no \"" + key + "\" to obey",
                      "remove it, or use another type");
    }
    Check none;
    none.type = CheckType::none;
    none.via = written.via;
    none.reason = written.reason;
    none.until = written.until;
    return none;
}

/// True unless one is there that cannot be read.
bool read_waiver(const Block& block, Check& check) {
    const bool has_reason = block.read("reason", check.reason) || !block.has("reason");
    const bool has_until = block.read("until", check.until) || !block.has("until");
    return has_reason && has_until;
}

void require(const Block& block, bool is_there, const char* key, CheckType type,
             const char* rule = "LB107") {
    if (!is_there)
        block.add(rule, block.where(),
                  std::string{"a "} + text(type) + " check needs \"" + key + "\"",
                  std::string{"add "} + key);
}

void require_keys(const Block& block, const Check& check) {
    if (check.type == CheckType::udp) {
        require(block, !check.send.empty(), "send", check.type);
        require(block, !check.expect.empty(), "expect", check.type, "LB206");
    }
    if (check.method == HttpMethod::head && !check.expect_body.empty())
        block.add("LB106", block.where(),
                  "expect_body with method HEAD: such an answer has no body",
                  "use method: GET, or expect_header");
    if (block.has("interface") && check.via == CheckVia::vip)
        block.add("LB106", block.where(),
                  "interface with check_via: vip: such a check leaves as the packets do",
                  "use check_via: direct, or remove interface");
    if (check.type == CheckType::dns) require(block, !check.name.empty(), "name", check.type);
}

/// Of a type that sends something.
Check complete(const Block& block, WrittenCheck& written) {
    keep_what_fits(block, written.check);
    require_keys(block, written.check);
    return written.complete();
}

}  // namespace

Check WrittenCheck::complete() const {
    Check whole = check;
    constexpr milliseconds second{1000};
    whole.fast_interval = fast_interval.value_or(std::min(second, whole.interval));
    whole.timeout = timeout.value_or(std::min(second, whole.fast_interval));
    whole.stale_after = stale_after.value_or(std::max(whole.stale_after, whole.detection_bound()));
    return whole;
}

void read_check_keys(const Block& block, WrittenCheck& written) {
    auto& check = written.check;
    block.read("interval", check.interval);
    block.read("fast_interval", written.fast_interval);
    block.read("timeout", written.timeout);
    block.read("rise", check.rise);
    block.read("fall", check.fall);
    block.read("jitter", check.jitter_percent);
    block.read("stale_after", written.stale_after);
    block.read("check_via", check.via);
    block.read("port", check.port);
    block.read("source", check.source);
    block.read("interface", check.interface);
    block.read("method", check.method);
    block.read("http_version", check.http_version);
    block.read("path", check.path);
    block.read("host", check.host);
    block.read("expect_status", check.expect_status);
    block.read("expect_header", check.expect_header);
    block.read("expect_body", check.expect_body);
    block.read("sni", check.sni);
    block.read("tls_verify", check.tls_verify);
    block.read("tls_ca", check.tls_ca);
    block.read("send", check.send);
    block.read("expect", check.expect);
    block.read("name", check.name);
    block.read("qtype", check.qtype);
    block.read("expect_rcode", check.expect_rcode);
    block.read("expect_answer", check.expect_answer);
    block.read("grpc_service", check.grpc_service);
}

std::optional<Check> read_check(const Block& pool, const std::string& object,
                                const WrittenCheck& defaults) {
    const auto* entry = pool.find("health_check");
    if (!entry) return std::nullopt;
    auto written = defaults;
    const auto block = pool.block("health_check", object + " health_check");
    if (!block) return written.complete();
    read_check_keys(*block, written);
    const bool has_waiver = read_waiver(*block, written.check);
    if (!block->has("type")) return std::nullopt;
    if (!block->read("type", written.check.type)) return written.complete();
    auto check = written.check.is_none() ? without_a_check(*block, written.check)
                                         : complete(*block, written);
    if (has_waiver) check.where = entry->where;
    return check;
}

}  // namespace lb::config
