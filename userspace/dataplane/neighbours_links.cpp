// SPDX-License-Identifier: Apache-2.0
/// Links that came up lately, or whose network has come back.  What was asked before was not heard,
/// and a switch may pass nothing on for half a minute (IEEE 802.1D: twice the forward delay): who
/// does not answer there may be there all the same.
#include "dataplane/neighbours.hpp"

namespace lb::dataplane {
namespace {

constexpr std::chrono::seconds kSpanningTree{35};
constexpr std::chrono::seconds kAnswers{5};  // three questions, a second apart, and their answers

}  // namespace

void Neighbours::note_link(const Interface& now) {
    const auto known = interfaces_.find(now.ifindex);
    if (known == interfaces_.end()) return;
    if (now.is_running && !known->second.is_running) new_links_[now.ifindex] = {Loop::now(), {}};
    known->second.is_running = now.is_running;
}

void Neighbours::network_is_back() {
    for (const auto& [ifindex, interface] : interfaces_)
        if (interface.is_running && !is_new_link(ifindex)) new_links_[ifindex] = {Loop::now(), {}};
    ask_again();
}

/// The first who answers shows that the network is there.
void Neighbours::note_answer(const Neighbour& neighbour) {
    if (!neighbour.is_confirmed || neighbour.is_given) return;
    const auto link = new_links_.find(neighbour.hop.ifindex);
    if (link != new_links_.end() && !link->second.answered) link->second.answered = Loop::now();
}

bool Neighbours::is_new_link(unsigned ifindex) const {
    const auto link = new_links_.find(ifindex);
    if (link == new_links_.end()) return false;
    const auto& [since, answered] = link->second;
    const auto now = Loop::now();
    return now < since + kSpanningTree && (!answered || now < *answered + kAnswers);
}

bool Neighbours::is_running(unsigned ifindex) const {
    const auto interface = interfaces_.find(ifindex);
    return interface != interfaces_.end() && interface->second.is_running;
}

}  // namespace lb::dataplane
