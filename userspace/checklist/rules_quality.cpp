// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "checklist/rules.hpp"

namespace lb::checklist {
namespace {

bool is_http_port(std::uint16_t port) {
    constexpr std::array<std::uint16_t, 3> ports{80, 443, 8080};
    return std::find(ports.begin(), ports.end(), port) != ports.end();
}

bool is_http(const Check& check) {
    return check.type == CheckType::http || check.type == CheckType::https;
}

/// Reports each range of expect_status that has a code from `first` to `last`.
void refuse_status(const Spec& spec, const StatusRange& refused, const std::string& why,
                   Report& report) {
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check || !is_http(*pool.check)) continue;
        for (const auto& range : pool.check->expect_status)
            if (range.first <= refused.last && range.last >= refused.first)
                report.add(pool.check->where, named("pool", name),
                           "expect_status " + text(range) + why,
                           "list success codes only, e.g. 200");
    }
}

/// Why a connection to it says nothing about our ways to others; empty: it does.
std::string flaw(const Address& reference, const Spec& spec) {
    if (reference.is_loopback()) return "is this host itself";
    for (const auto& [name, pool] : spec.pools)
        for (const auto& [backend, its] : pool.backends)
            if (its.address == reference) return "is " + named("backend", name + "/" + backend);
    for (const auto& [name, vip] : spec.vips)
        if (vip.address == reference) return "is " + named("vip", name);
    return {};
}

}  // namespace

void http_is_checked_as_http(const Spec& spec, Report& report) {
    for (const auto& [name, vip] : spec.vips) {
        const auto found = spec.pools.find(vip.pool);
        if (found == spec.pools.end() || !found->second.check) continue;
        const auto& check = *found->second.check;
        const bool is_shallow = check.type == CheckType::tcp || check.type == CheckType::icmp;
        if (is_shallow && vip.protocol == Protocol::tcp && vip.ports.is_single() &&
            is_http_port(vip.ports.first))
            report.add(check.where, named("pool", vip.pool),
                       std::string{"a "} + text(check.type) + " check proves a " +
                           (check.type == CheckType::tcp ? "listener" : "host") + ", and vip \"" +
                           name + "\" on port " + vip.ports.text() + " looks like HTTP",
                       "use type: http with a readiness path");
    }
}

void the_served_port_is_checked(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check || !pool.check->port || pool.check->type == CheckType::icmp) continue;
        const auto port = *pool.check->port;
        bool has_vips = false, is_served = false;
        for (const auto& [vip_name, vip] : spec.vips) {
            if (vip.pool != name) continue;
            has_vips = true;
            is_served |= vip.ports.first <= port && port <= vip.ports.last;
        }
        if (has_vips && !is_served)
            report.add(pool.check->where, named("pool", name),
                       "port " + std::to_string(port) + " is checked, and no vip serves it",
                       "check the port that gets the traffic");
    }
}

void checks_travel_as_packets_do(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && pool.check->via == CheckVia::direct && !pool.check->is_none())
            report.add(pool.check->where, named("pool", name),
                       "check_via: direct: tunnel and vip on the backend are not tested",
                       "use check_via: vip");
}

void server_errors_do_not_pass(const Spec& spec, Report& report) {
    refuse_status(spec, {500, 599}, " holds server errors: a broken backend would pass", report);
}

void redirects_and_refusals_do_not_pass(const Spec& spec, Report& report) {
    refuse_status(spec, {300, 499}, " holds 3xx or 4xx: a redirect to a login would pass", report);
}

void references_are_others(const Spec& spec, Report& report) {
    const auto& references = spec.node.check_references;
    constexpr auto fix = "name two or more hosts that are up whatever becomes of the backends";
    if (references.size() == 1)
        report.add(spec.node.where, "node", "a single check reference: if it dies, lbd is blind",
                   fix);
    for (const auto& reference : references)
        if (const auto why = flaw(reference.address, spec); !why.empty())
            report.add(spec.node.where, "node", "check reference " + reference.text() + " " + why,
                       fix);
}

void answers_are_identified(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && is_http(*pool.check) && pool.check->host.empty() &&
            pool.check->expect_header.empty() && pool.check->expect_body.empty())
            report.add(pool.check->where, named("pool", name),
                       "nothing identifies the answer: any web server would pass",
                       "add host, expect_header or expect_body");
}

}  // namespace lb::checklist
