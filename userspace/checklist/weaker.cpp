// SPDX-License-Identifier: Apache-2.0
#include "checklist/weaker.hpp"

#include <algorithm>
#include <map>

namespace lb::checklist {
namespace {

/// How much of a service has to work for the check to pass.
int strength(CheckType type) {
    switch (type) {
        case CheckType::http:
        case CheckType::https:
        case CheckType::grpc:
        case CheckType::dns:
            return 4;
        case CheckType::udp:
            return 3;
        case CheckType::tcp:
            return 2;
        case CheckType::icmp:
            return 1;
        case CheckType::none:
            break;
    }
    return 0;
}

/// Collects "fall 3 -> 5" for what is weaker than before.
class Weaker {
public:
    std::string found;

    template <class Value>
    void if_true(bool is_weaker, const char* key, const Value& before, const Value& after) {
        if (is_weaker)
            found += (found.empty() ? "" : ", ") + std::string{key} + " " + before + " -> " + after;
    }
    void doubled(const char* key, milliseconds before, milliseconds after) {
        if_true(after >= 2 * before, key, print_duration(before), print_duration(after));
    }
    void dropped(const char* key, const std::string& before, const std::string& after) {
        if_true(!before.empty() && after.empty(), key, "\"" + before + "\"",
                std::string{"nothing"});
    }
};

bool passes(const Check& check, int status) {
    return std::any_of(
        check.expect_status.begin(), check.expect_status.end(),
        [&](const auto& range) { return range.first <= status && status <= range.last; });
}

bool takes_more_statuses(const Check& before, const Check& after) {
    for (int status = 100; status < 600; ++status)
        if (passes(after, status) && !passes(before, status)) return true;
    return false;
}

bool is_http(const Check& check) {
    return check.type == CheckType::http || check.type == CheckType::https;
}

std::string statuses(const Check& check) {
    std::string words;
    for (const auto& range : check.expect_status)
        words += (words.empty() ? "" : " ") + text(range);
    return words;
}

/// What an answer must hold, by key: those that mean something to its type.
std::map<std::string, std::string> expectations(const Check& check) {
    switch (check.type) {
        case CheckType::http:
        case CheckType::https:
            return {{"expect_header", check.expect_header}, {"expect_body", check.expect_body}};
        case CheckType::grpc:
            return {{"grpc_service", check.grpc_service}};
        case CheckType::dns:
            return {{"expect_answer", check.expect_answer}};
        case CheckType::tcp:
        case CheckType::udp:
            return {{"expect", check.expect}};
        case CheckType::icmp:
        case CheckType::none:
            break;
    }
    return {};
}

std::string port_of(const Spec& spec, const std::string& pool) {
    const auto port = check_port(spec, pool);
    return port ? std::to_string(*port) : "none";
}

/// Which answers pass.  Of types that prove more, or less, nothing else has to be said.
void compare_answers(const Check& before, const Check& after, Weaker& weaker) {
    if (strength(before.type) == strength(after.type)) {
        const auto left = expectations(after);
        for (const auto& [key, value] : expectations(before)) {
            const auto found = left.find(key);
            weaker.dropped(key.c_str(), value, found == left.end() ? "" : found->second);
        }
    }
    weaker.if_true(before.type == CheckType::https && after.type == CheckType::https &&
                       before.tls_verify && !after.tls_verify,
                   "tls_verify", std::string{"true"}, std::string{"false"});
    if (is_http(before) && is_http(after))
        weaker.if_true(takes_more_statuses(before, after), "expect_status", statuses(before),
                       statuses(after));
}

/// How soon it notices.
void compare_times(const Check& before, const Check& after, Weaker& weaker) {
    weaker.doubled("interval", before.interval, after.interval);
    weaker.doubled("timeout", before.timeout, after.timeout);
    weaker.doubled("stale_after", before.stale_after, after.stale_after);
    weaker.if_true(after.fall >= before.fall + 2, "fall", std::to_string(before.fall),
                   std::to_string(after.fall));
}

}  // namespace

std::string weakened(const Change& change, const Succession& succession) {
    const Check& before = *change.before.pools.at(succession.before).check;
    const Check& after = *change.after.pools.at(succession.after).check;
    Weaker weaker;
    const std::string was = text(before.type), is = text(after.type);
    weaker.if_true(strength(after.type) < strength(before.type) ||
                       (before.type == CheckType::https && after.type != CheckType::https),
                   "type", was, is);
    const auto port_before = port_of(change.before, succession.before);
    const auto port_after = port_of(change.after, succession.after);
    const bool is_of_vips = succession.stays() || !succession.vips.empty();  // as the port is
    weaker.if_true(is_of_vips && port_before != port_after, "port", port_before, port_after);
    weaker.if_true(before.via == CheckVia::vip && after.via == CheckVia::direct, "check_via",
                   std::string{"vip"}, std::string{"direct"});
    compare_answers(before, after, weaker);
    compare_times(before, after, weaker);
    return weaker.found;
}

}  // namespace lb::checklist
