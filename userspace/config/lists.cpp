// SPDX-License-Identifier: Apache-2.0
/// Lists of values.  What a list must be is said once, each item's mistakes where the item stands.
#include <algorithm>

#include "config/values.hpp"

namespace lb::config {
namespace {

/// How people are told what a list must be.
struct Words {
    const char* must_be;
    const char* example;  ///< the way out of that
    const char* if_empty;
};

/// `take_item` takes one that is not blank; none may be there twice.
template <class T, class TakeItem>
Taken take_each(const yaml::Node& node, const Words& words, TakeItem take_item,
                std::vector<T>& into) {
    std::vector<T> taken;
    for (const auto& item : node.items) {
        if (item.kind == yaml::Node::Kind::broken) continue;
        if (item.kind != yaml::Node::Kind::scalar || item.text.empty())
            return Complaint{words.must_be, words.example, item.where};
        T value{};
        if (auto complaint = take_item(item, value)) return complaint;
        if (std::find(taken.begin(), taken.end(), value) != taken.end())
            return complain(item, "is there twice", "keep one");
        taken.push_back(std::move(value));
    }
    if (node.items.empty()) return Complaint{"is empty", words.if_empty, node.where};
    into = std::move(taken);
    return {};
}

}  // namespace

Taken take(const yaml::Node& node, const Field&, std::vector<Prefix>& into) {
    constexpr Words words{"must be a list of networks",
                          "write e.g. 203.0.113.0/24; IPv6 in quotes: \"2001:db8::/32\"",
                          "name at least one, or remove the key"};
    auto complaint = take_each(
        node, words,
        [&](const yaml::Node& item, Prefix& value) -> Taken {
            const auto prefix = Prefix::parse(item.text);
            if (!prefix)
                return complain(item, "is not a network, or has bits behind its prefix",
                                words.example);
            value = *prefix;
            return {};
        },
        into);
    if (!complaint) std::sort(into.begin(), into.end());
    return complaint;
}

Taken take(const yaml::Node& node, const Field&, std::vector<Endpoint>& into) {
    constexpr Words words{"must be a list of addresses with a port",
                          "write e.g. \"192.0.2.1:22\" or \"[2001:db8::1]:22\", in quotes",
                          "name at least two, or remove the key"};
    return take_each(
        node, words,
        [&](const yaml::Node& item, Endpoint& value) -> Taken {
            const auto endpoint = Endpoint::parse(item.text);
            if (!endpoint || endpoint->port == 0)
                return complain(item, "is not an address with a port", words.example);
            value = *endpoint;
            return {};
        },
        into);
}

Taken take(const yaml::Node& node, const Field& field, std::vector<std::string>& into) {
    return take_each(
        node, {"must be a list of texts", "", "name at least one"},
        [&](const yaml::Node& item, std::string& value) { return take(item, field, value); }, into);
}

Taken take(const yaml::Node& node, const Field& field, std::vector<StatusRange>& into) {
    constexpr std::size_t most_ranges = 64;
    std::vector<StatusRange> ranges;
    const std::vector<yaml::Node> single{node};
    const bool is_list = node.kind == yaml::Node::Kind::list;
    for (const auto& item : is_list ? node.items : single) {
        if (item.kind == yaml::Node::Kind::broken) continue;
        StatusRange range;
        if (item.kind != yaml::Node::Kind::scalar)
            return Complaint{"must be a list of status codes", {}, item.where};
        if (auto complaint = take(item, field, range)) return complaint;
        ranges.push_back(range);
    }
    if (ranges.empty()) return Complaint{"is empty", "name at least one", node.where};
    if (ranges.size() > most_ranges)
        return Complaint{"has more than 64 entries", "use ranges", node.where};
    into = std::move(ranges);
    return {};
}

}  // namespace lb::config
