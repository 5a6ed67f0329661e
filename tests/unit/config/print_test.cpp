// SPDX-License-Identifier: Apache-2.0
#include "config/print.hpp"

#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/origin.hpp"
#include "config/reader.hpp"
#include "unit/config/documents.hpp"

namespace lb::config {
namespace {

/// Specs without errors, of every kind that the format can say.
class RandomSpecs {
public:
    explicit RandomSpecs(unsigned seed) : random_{seed} {}

    Spec next() {
        Spec spec;
        spec.node = node();
        for (int i = below(3); i >= 0; --i)
            spec.pools.emplace(name(), pool());
        for (int i = below(4); i >= 0; --i)
            spec.vips.emplace(name(), vip(one_of(spec.pools)));
        for (auto& [id, pool] : spec.pools)
            if (!check_port(spec, id) && !pool.check->is_none()) pool.check->port = port();
        if (maybe())
            spec.http.listen = Endpoint{*Address::parse(maybe() ? "127.0.0.1" : "::1"), port()};
        return spec;
    }

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
    std::uint32_t up_to(int limit) { return static_cast<std::uint32_t>(1 + below(limit)); }
    bool maybe() { return below(2) == 0; }
    std::uint16_t port() { return static_cast<std::uint16_t>(1 + below(65535)); }
    milliseconds duration(int least) { return milliseconds{least + below(30'001 - least)}; }

    std::string letters(std::string_view alphabet, int longest) {
        std::string text;
        for (int i = below(longest); i >= 0; --i)
            text += alphabet.at(static_cast<std::size_t>(below(static_cast<int>(alphabet.size()))));
        return text;
    }
    std::string name() {
        const std::array<std::string, 8> odd{"null", "-", "---", "...", "true", "1", "0x1", "~"};
        const auto& candidate = odd.at(static_cast<std::size_t>(below(8)));
        if (below(4) == 0 && candidate != "~") return candidate;
        return letters("abcz0189._-", 63);
    }
    std::string one_of(const std::map<std::string, Pool>& pools) {
        return std::next(pools.begin(), below(static_cast<int>(pools.size())))->first;
    }
    Address address(bool is_v4) {
        Address address = *Address::parse(is_v4 ? "10.0.0.1" : "2001:db8::1");
        for (std::size_t i = 13; i < 16; ++i)
            address.bytes.at(i) = static_cast<std::uint8_t>(random_());
        return address;
    }

    Node node() {
        Node node;
        node.interfaces = {"eth0"};
        if (maybe()) node.interfaces.push_back(letters("abc.-_@0", 14) + "x");
        if (maybe()) {
            node.seed.emplace();
            for (auto& byte : *node.seed)
                byte = static_cast<std::uint8_t>(random_());
        }
        if (maybe()) node.source4 = address(true);
        if (maybe()) node.source6 = address(false);
        for (int i = below(4); i > 1; --i)
            node.check_references.push_back({address(maybe()), port()});
        if (maybe()) node.event_hook = "/" + letters("ab.-_/", 30);
        node.max_checks_per_second = 10 + below(49'991);
        node.max_checks_per_backend = 1 + below(50'000);
        node.limits = {up_to(65536), up_to(1048575), 8186 + up_to(1'000'000),
                       1024 + up_to(1'000'000), up_to(1048576)};
        node.unmatched = maybe() ? Unmatched::pass : Unmatched::drop;
        node.move_window = duration(1000);
        node.verify_window = duration(1000);
        return node;
    }

    Check check() {
        Check check;
        check.type = static_cast<CheckType>(below(8));
        if (check.is_none()) {
            check.reason = letters("ab \"\\:#'}[]&*!|>%@`~-", 200) + "x";
            check.until = Date{std::chrono::days{below(40'000)}};
            check.via = maybe() ? CheckVia::vip : CheckVia::direct;
            return check;
        }
        check.interval = duration(100);
        check.fast_interval = duration(50);
        check.timeout = duration(50);
        check.rise = 1 + below(10);
        check.fall = 1 + below(10);
        check.jitter_percent = below(51);
        check.stale_after = duration(100);
        if (maybe()) check.port = port();
        check.via = maybe() ? CheckVia::vip : CheckVia::direct;
        if (maybe()) check.source = address(maybe());
        if (check.via == CheckVia::direct && maybe())
            check.interface = letters("abc.-_@0", 14) + "x";
        ask(check);
        return check;
    }
    void ask(Question& question) {
        if (question.type == CheckType::icmp) return;
        const bool is_udp = question.type == CheckType::udp;
        if (question.type == CheckType::grpc) {
            if (maybe()) question.grpc_service = letters("abc.A", 40);
        } else if (question.type == CheckType::dns) {
            question.name = letters("abc.-", 40) + "x";
            question.qtype = maybe() ? DnsType::aaaa : DnsType::txt;
            question.expect_rcode = static_cast<DnsRcode>(below(6));
            if (maybe()) question.expect_answer = letters("ab.:1", 40);
        } else if (is_udp || question.type == CheckType::tcp) {
            if (is_udp || maybe()) question.send = letters("ab \r\n\t\x01\x7f\"\\", 200);
            if (is_udp || maybe()) question.expect = letters("ab \r\n\t\x01\x7f\"\\", 200);
        } else {
            ask_http(question);
        }
    }
    void ask_http(Question& http) {
        http.method = maybe() ? HttpMethod::get : HttpMethod::head;
        http.http_version = maybe() ? HttpVersion::http1 : HttpVersion::http2;
        http.path = "/" + letters("ab/\"\\?&=%#'", 40);
        if (maybe()) http.host = letters("ab.\"\\[]:-", 40);
        if (maybe()) http.expect_header = letters("ab: \"\\'", 40) + "x";
        if (maybe() && http.method == HttpMethod::get)
            http.expect_body = letters("ab \"\\:#'}[]&*!|>%@`~-", 200);
        http.expect_status.clear();
        for (int i = below(4); i >= 0; --i) {
            const int first = 100 + below(500);
            http.expect_status.push_back({first, maybe() ? first : first + below(600 - first)});
        }
        if (http.type == CheckType::http) return;
        if (maybe()) http.sni = letters("ab.-", 40);
        http.tls_verify = maybe();
        if (maybe()) http.tls_ca = "/" + letters("ab/.", 40);
    }

    Pool pool() {
        Pool pool;
        pool.check = check();
        pool.forward = static_cast<ForwardMode>(below(3));
        pool.min_healthy = maybe() ? Floor{1 + below(100), true} : Floor{1 + below(65535), false};
        pool.fail_open_exit_percent = below(101);
        pool.change_floor_percent = below(101);
        pool.fail_open_exit_after = duration(0);
        pool.flap_threshold = below(101);
        pool.flap_window = duration(1000);
        pool.hold_down = duration(1000);
        pool.hold_down_max = duration(1000);
        pool.all_down = maybe() ? AllDown::fail_open : AllDown::fail_closed;
        pool.drain_timeout = duration(0);
        pool.slow_start = duration(0);
        for (int i = below(5); i >= 0; --i)
            pool.backends[name()] = {
                address(maybe()), below(1001), maybe(), static_cast<AdminState>(below(3)), {}};
        return pool;
    }

    Vip vip(const std::string& pool) {
        const auto size = kSlotSizes[below(4)];
        Vip vip;
        vip.address = address(maybe());
        vip.ports = ports();
        vip.protocol = maybe() ? Protocol::tcp : Protocol::udp;
        vip.pool = pool;
        vip.slots = size;
        vip.tracking = maybe() ? Tracking::automatic : Tracking::always;
        vip.affinity = static_cast<Affinity>(below(vip.protocol == Protocol::udp ? 3 : 2));
        vip.echo = maybe();
        vip.quic = vip.protocol == Protocol::udp && maybe();
        if (maybe()) vip.allow = prefixes(true);
        if (maybe()) vip.deny = prefixes(false);
        return vip;
    }
    PortRange ports() {
        if (below(4) == 0) return PortRange::any();
        const auto first = port();
        return {first, maybe() ? first : static_cast<std::uint16_t>(first + below(65536 - first))};
    }
    /// Sorted; those of the two kinds never meet.
    std::vector<Prefix> prefixes(bool is_v4) {
        std::set<Prefix> some;
        for (int i = below(3); i >= 0; --i) {
            auto network = address(is_v4);
            network.bytes[14] = network.bytes[15] = 0;
            some.insert({network, static_cast<std::uint8_t>(112 + below(17))});
        }
        return {some.begin(), some.end()};
    }

    std::mt19937 random_;
};

void forget_places(Spec& spec) {
    spec.node.where = {};
    for (auto& [pool_name, pool] : spec.pools) {
        pool.where = {};
        if (pool.check) pool.check->where = {};
        for (auto& [name, backend] : pool.backends)
            backend.where = {};
    }
    for (auto& [name, vip] : spec.vips)
        vip.where = {};
}

/// INV-18.
TEST(Print, IsReadBackAsTheSameSpec) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomSpecs specs{seed};
    for (int i = 0; i < 2000; ++i) {
        const auto spec = specs.next();
        const auto text = print(spec, Secrets::shown);
        auto again = read(text, {});
        ASSERT_THAT(test::lines_of(again.findings), ::testing::IsEmpty()) << text;
        forget_places(again.spec);
        ASSERT_EQ(again.spec, spec) << text;
        ASSERT_EQ(print(again.spec, Secrets::shown), text);
        if (i % 40 != 0) continue;
        // Comments say nothing: with the origins of its values it is the same.
        const auto told = read(annotated(text, origins(text, text, spec)), {});
        ASSERT_THAT(test::lines_of(told.findings), ::testing::IsEmpty()) << text;
        ASSERT_EQ(print(told.spec, Secrets::shown), text);
    }
}

TEST(Print, MasksTheSeed) {
    auto leaves = test::plain();
    leaves["node.seed"] = "\"deadbeefdeadbeefdeadbeefdeadbeef\"";
    const auto spec = test::reading(test::document(leaves)).spec;
    const auto masked = print(spec);
    EXPECT_THAT(masked, ::testing::HasSubstr("seed: \"masked\""));
    EXPECT_EQ(masked.find("dead"), masked.npos);
    EXPECT_THAT(print(spec, Secrets::shown), ::testing::HasSubstr("deadbeef"));
    EXPECT_EQ(test::rules_of(test::reading(masked).findings), test::Rules{"LB106"});
}

/// It may be a password.  A text with nothing in it is no secret: it says that nothing is sent.
TEST(Print, MasksWhatACheckSends) {
    auto leaves = test::plain();
    std::erase_if(
        leaves, [](const auto& leaf) { return leaf.first.starts_with("pools.web.health_check."); });
    leaves["pools.web.health_check.type"] = "tcp";
    EXPECT_EQ(print(test::reading(test::document(leaves)).spec).find("send"), std::string::npos);
    leaves["pools.web.health_check.send"] = R"("AUTH hunter2\r\n")";
    const auto spec = test::reading(test::document(leaves)).spec;
    const auto masked = print(spec);
    EXPECT_THAT(masked, ::testing::HasSubstr("send: \"masked\""));
    EXPECT_EQ(masked.find("hunter2"), masked.npos);
    EXPECT_THAT(print(spec, Secrets::shown), ::testing::HasSubstr("AUTH hunter2"));
    EXPECT_EQ(test::rules_of(test::reading(masked).findings), test::Rules{"LB106"});
}

TEST(Print, IsTheSameForTheSameMeaning) {
    const auto one = test::reading(test::completed("defaults: {forward: l2}\n"));
    auto text = test::completed("");
    text.replace(text.find("    backends"), 0, "    forward: l2  # said here\n");
    EXPECT_EQ(print(one.spec), print(test::reading(text).spec));
}

}  // namespace
}  // namespace lb::config
