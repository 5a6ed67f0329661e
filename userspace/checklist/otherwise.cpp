// SPDX-License-Identifier: Apache-2.0
#include "checklist/otherwise.hpp"

#include <utility>
#include <vector>

#include "model/secret.hpp"

namespace lb::checklist {
namespace {

using Asked = std::vector<std::pair<const char*, std::string>>;  // value by key

std::string quoted(const std::string& value) {
    return value.empty() ? "nothing" : "\"" + value + "\"";
}

std::string listed(const std::vector<StatusRange>& statuses) {
    std::string words;
    for (const auto& range : statuses)
        words += (words.empty() ? "" : " ") + text(range);
    return words;
}

Asked asked_by_http(const Check& check) {
    return {{"method", text(check.method)},
            {"http_version", text(check.http_version)},
            {"path", quoted(check.path)},
            {"host", quoted(check.host)},
            {"expect_status", listed(check.expect_status)},
            {"expect_header", quoted(check.expect_header)},
            {"expect_body", quoted(check.expect_body)},
            {"sni", quoted(check.sni)},
            {"tls_ca", quoted(check.tls_ca)}};
}

/// The keys that mean something to its type.
Asked asked(const Check& check) {
    switch (check.type) {
        case CheckType::http:
        case CheckType::https:
            return asked_by_http(check);
        case CheckType::dns:
            return {{"name", quoted(check.name)},
                    {"qtype", text(check.qtype)},
                    {"expect_rcode", text(check.expect_rcode)},
                    {"expect_answer", quoted(check.expect_answer)}};
        case CheckType::grpc:
            return {{"grpc_service", quoted(check.grpc_service)}};
        case CheckType::tcp:
        case CheckType::udp:
            return {{"send", check.send.empty() ? "nothing" : kMasked},
                    {"expect", quoted(check.expect)}};
        case CheckType::icmp:
        case CheckType::none:
            break;
    }
    return {};
}

std::string differs(const std::string& key, const std::string& was, const std::string& is) {
    return key + " " + was + " -> " + is;
}

}  // namespace

std::string asks_otherwise(const Check& before, const Check& after) {
    if (before.type != after.type) return differs("type", text(before.type), text(after.type));
    const auto was = asked(before), is = asked(after);
    std::string found;
    for (std::size_t i = 0; i < was.size(); ++i)
        if (was[i] != is[i])
            found +=
                (found.empty() ? "" : ", ") + differs(was[i].first, was[i].second, is[i].second);
    if (before.send.empty() || after.send.empty() || before.send == after.send) return found;
    return found + (found.empty() ? "" : ", ") + "send differs";
}

}  // namespace lb::checklist
