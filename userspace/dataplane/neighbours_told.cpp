// SPDX-License-Identifier: Apache-2.0
/// What Neighbours say of a backend's way, in words: its next hop, or what keeps packets from it.
#include <cstdio>

#include "dataplane/neighbours.hpp"

namespace lb::dataplane {
namespace {

constexpr std::chrono::milliseconds kLook{100};  // at all backends, who may be ten thousand

std::string print(const Mac& mac) {
    char text[18];
    std::snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                  mac[3], mac[4], mac[5]);
    return text;
}

}  // namespace

std::string Neighbours::name_of(unsigned ifindex) const {
    const auto at = interfaces_.find(ifindex);
    return at != interfaces_.end() ? at->second.name : "interface " + std::to_string(ifindex);
}

std::string Neighbours::trouble_of(const Target& target) const {
    if (!target.trouble.empty()) return target.trouble;
    const auto* neighbour = known(*target.hop);
    if (neighbour && neighbour->is_valid) return {};
    const auto& address = target.hop->address;
    return address.text() + " does not answer " +
           (address.is_v4() ? "ARP" : "neighbour discovery") + " on " +
           name_of(target.hop->ifindex);
}

std::string Neighbours::next_hop(std::uint32_t backend) const {
    const auto found = targets_.find(backend);
    if (found == targets_.end()) return "not followed";
    const auto& target = found->second;
    if (const auto trouble = trouble_of(target); !trouble.empty()) return trouble;
    return print(known(*target.hop)->mac) + " via " + name_of(target.hop->ifindex);
}

bool Neighbours::is_reachable(std::uint32_t backend) const {
    const auto found = targets_.find(backend);
    return found != targets_.end() && trouble_of(found->second).empty();
}

bool Neighbours::is_to_blame(std::uint32_t backend) {
    const auto found = targets_.find(backend);
    if (found == targets_.end()) return false;
    return is_silent(found->second) || is_behind_a_dead_link(found->second);
}

bool Neighbours::is_silent(const Target& target) const {
    if (!target.trouble.empty() || !target.hop || target.hop->address != target.address)
        return false;
    if (!is_running(target.hop->ifindex) || is_new_link(target.hop->ifindex)) return false;
    const auto* neighbour = known(*target.hop);
    return !neighbour || !neighbour->is_valid;
}

/// A link without a carrier, or a gateway that does not answer.
bool Neighbours::is_behind_a_dead_link(const Target& target) {
    if (!target.link || is_new_link(*target.link) || way_out_of(target).empty()) return false;
    if (is_running(*target.link) && !target.has_route) return false;
    if (Loop::now() - some_way_.looked_at > kLook) some_way_ = {Loop::now(), ways_out().empty()};
    return some_way_.is_there;
}

bool Neighbours::is_awaited(std::uint32_t backend) const {
    const auto found = targets_.find(backend);
    if (found == targets_.end() || !found->second.hop) return false;
    const auto* neighbour = known(*found->second.hop);
    return is_new_link(found->second.hop->ifindex) && !(neighbour && neighbour->is_valid);
}

/// Why nothing gets as far as its network; empty: something does, or nobody knows.
std::string Neighbours::way_out_of(const Target& target) const {
    if (target.link) {
        const auto interface = interfaces_.find(*target.link);
        if (interface == interfaces_.end())
            return "interface " + std::to_string(*target.link) + " is gone";
        if (!interface->second.is_running)
            return interface->second.name + " is down or has no carrier";
    }
    if (!target.has_route) return "there is no route";
    if (!target.hop || target.hop->address == target.address) return {};
    const auto* gateway = known(*target.hop);
    if (gateway && gateway->is_valid) return {};
    return "the gateway " + target.hop->address.text() + " does not answer";
}

/// The kernel tells of a carrier that was lost up to a second late (net/core/link_watch.c); when it
/// is asked it says so at once.  What we know otherwise stays as it is: events will bring it.
std::string Neighbours::cut_off() {
    const auto heard = interfaces_;
    if (const auto now = netlink_.interfaces())
        for (const auto& interface : *now)
            interfaces_[interface.ifindex] = interface;
    auto reason = ways_out();
    interfaces_ = heard;
    return reason;
}

std::string Neighbours::ways_out() const {
    std::set<std::string> reasons;
    for (const auto& [backend, target] : targets_) {
        const auto reason = way_out_of(target);
        if (reason.empty()) return {};
        reasons.insert(reason);
    }
    std::string text;
    for (const auto& reason : reasons)
        text += (text.empty() ? "no backend can be reached: " : ", ") + reason;
    return text;
}

std::vector<std::string> Neighbours::problems() const {
    std::vector<std::string> found;
    if (!broken_.empty()) found.push_back("next hops are not followed: " + broken_);
    std::map<std::string, std::vector<const Target*>> by_trouble;
    for (const auto& [backend, target] : targets_)
        if (const auto trouble = trouble_of(target); !trouble.empty())
            by_trouble[trouble].push_back(&target);
    for (const auto& [trouble, targets] : by_trouble)
        found.push_back("next hop: " + trouble + " (" + std::to_string(targets.size()) +
                        (targets.size() == 1 ? " backend)" : " backends)"));
    return found;
}

}  // namespace lb::dataplane
