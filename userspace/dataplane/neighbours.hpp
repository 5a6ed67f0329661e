// SPDX-License-Identifier: Apache-2.0
/// Neighbours: keeps the next hop of every backend as the kernel's routes and neighbours say.
///
///     backend -> route -> {interface, gateway or the backend itself} -> MAC
///
/// A neighbour's change is followed at once; routes, links and addresses are looked at again 50 ms
/// after a change, and everything every 10 s, in slices that do not hold up the loop.  The kernel
/// is told to keep the neighbours warm, as the packets do not pass through it.  Whoever does not
/// answer is asked once a second.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/loop.hpp"
#include "dataplane/egresses.hpp"
#include "dataplane/neighbours_events.hpp"
#include "dataplane/way.hpp"
#include "host/netlink.hpp"

namespace lb::dataplane {

using host::Mac;
using host::Netlink;
using host::RouteQuery;

class Neighbours {
public:
    /// `on_links` is called after interfaces came, went or changed.
    static Result<std::unique_ptr<Neighbours>> open(Loop& loop, Grace& grace, Maps& maps,
                                                    Callback on_links);

    /// Of the outer header; without one: what the route or the interface says.
    void set_sources(std::optional<Address> v4, std::optional<Address> v6);
    /// From now on, beginning with now.  The backends' entries are complete but for the next hop.
    void follow(std::span<const std::uint32_t> backends);
    /// Whether its next hop in the maps, and the egress that this names, are as we have written.
    bool holds(std::uint32_t backend) const;
    /// Makes them so, should somebody else have changed them.
    void restore(std::span<const std::uint32_t> backends);
    /// Its next hop is gone afterwards.
    void forget(std::uint32_t backend);

    std::string next_hop(std::uint32_t backend) const;
    bool is_reachable(std::uint32_t backend) const;
    /// No packet gets to it, and the fault is its own: it is on a network of ours, which is there,
    /// and does not answer; or what leads to it is dead, and what leads to others is not.
    bool is_to_blame(std::uint32_t backend);
    /// It is on a network of ours that was not there until lately, and may yet answer.
    bool is_awaited(std::uint32_t backend) const;
    /// The network was not there, whatever its links said, and is again: what nobody answered until
    /// now says nothing.
    void network_is_back();
    std::vector<std::string> problems() const;
    /// Why nothing that we send can reach any of the backends: their links are down or without a
    /// carrier, there is no route, or their gateways do not answer.  Empty: it is not so.  A
    /// backend on our own network that does not answer is its own trouble.
    std::string cut_off();

private:
    /// A backend and what its route says.
    struct Target {
        Address address;
        ForwardMode forward = ForwardMode::ipip;
        std::optional<Hop> hop;        // absent: see `trouble`
        lb_egress egress{};            // what its entry should be
        std::optional<unsigned> link;  // where its route leads, or led last
        std::uint64_t word = 0;        // its next hop, as we have written it
        bool has_route = true;
        std::string trouble = "not looked at yet";  // why no packet can be sent; empty: see the hop
    };

    Neighbours(Loop& loop, Grace& grace, Maps& maps, Callback on_links, Netlink netlink,
               NetlinkEvents events);
    void on_events();
    void on_tick();
    bool learn(const Neighbour& neighbour);
    void schedule_resync(Time when);
    void resync();
    void resync_slice(std::vector<std::uint32_t> todo);
    Result<> refresh();
    void postpone(const Error& error);
    void resolve(std::span<const std::uint32_t> backends);
    void take_route(std::uint32_t backend, Target& target, const Result<Route>& route);
    Result<Way> way_of(const Target& target, const Route& route) const;
    void change_hop(std::uint32_t backend, Target& target, std::optional<Hop> hop);
    void write(std::uint32_t backend, Target& target);
    void store_next_hop(std::uint32_t backend, std::uint64_t word);
    std::optional<RouteQuery> query_of(std::uint32_t backend) const;
    void ask_again();
    // neighbours_links.cpp
    void note_link(const Interface& now);
    void note_answer(const Neighbour& neighbour);
    bool is_new_link(unsigned ifindex) const;
    bool is_running(unsigned ifindex) const;
    // neighbours_told.cpp
    bool is_silent(const Target& target) const;
    bool is_behind_a_dead_link(const Target& target);
    std::string trouble_of(const Target& target) const;
    std::string way_out_of(const Target& target) const;
    std::string ways_out() const;
    const Neighbour* known(const Hop& hop) const;
    std::string name_of(unsigned ifindex) const;

    Array<lb_backend>& backends_;
    Egresses egresses_;
    Callback on_links_;
    Netlink netlink_;
    NetlinkEvents events_;
    std::optional<Address> source4_, source6_;
    std::map<unsigned, Interface> interfaces_;
    struct NewLink {
        Time since;
        std::optional<Time> answered;  // somebody did, since then
    };
    std::map<unsigned, NewLink> new_links_;  // by ifindex; some are new no more
    std::map<Hop, Neighbour> neighbours_;
    std::unordered_map<std::uint32_t, Target> targets_;  // by the index of the backend
    std::map<Hop, std::set<std::uint32_t>> users_;
    struct {
        Time looked_at{};
        bool is_there = false;
    } some_way_;          // to any backend
    std::string broken_;  // the last resync's error
    bool links_changed_ = false;
    bool scheduled_ = false;
    std::chrono::nanoseconds last_resync_took_{0};
    Watch watch_;
    Timer tick_, resync_timer_, slice_timer_;
};

}  // namespace lb::dataplane
