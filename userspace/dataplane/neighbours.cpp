// SPDX-License-Identifier: Apache-2.0
#include "dataplane/neighbours.hpp"

#include <algorithm>
#include <cstring>

namespace lb::dataplane {
namespace {

constexpr std::chrono::milliseconds kDebounce{50};
constexpr std::chrono::seconds kTick{10};
constexpr std::size_t kSlice = 256;  // backends per turn of the loop: about 2 ms

std::uint64_t word_of(const Mac& mac, std::uint16_t egress) {
    std::uint64_t word = std::uint64_t{egress} << LB_NEXTHOP_EGRESS_SHIFT;
    std::memcpy(&word, mac.data(), mac.size());  // the MAC comes first in memory
    return word;
}

}  // namespace

Neighbours::Neighbours(Loop& loop, Grace& grace, Maps& maps, Callback on_links, Netlink netlink,
                       NetlinkEvents events)
    : backends_{maps.backends},
      egresses_{maps.egresses, maps.backends, grace},
      on_links_{std::move(on_links)},
      netlink_{std::move(netlink)},
      events_{std::move(events)},
      watch_{loop, events_.fd(), [this] { on_events(); }},
      tick_{loop},
      resync_timer_{loop},
      slice_timer_{loop} {
    tick_.in(kTick, [this] { on_tick(); });
}

Result<std::unique_ptr<Neighbours>> Neighbours::open(Loop& loop, Grace& grace, Maps& maps,
                                                     Callback on_links) {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    auto events = NetlinkEvents::open();
    if (!events) return events.error();
    return std::unique_ptr<Neighbours>{new Neighbours{loop, grace, maps, std::move(on_links),
                                                      std::move(*netlink), std::move(*events)}};
}

void Neighbours::set_sources(std::optional<Address> v4, std::optional<Address> v6) {
    if (source4_ == v4 && source6_ == v6) return;
    source4_ = v4;
    source6_ = v6;
    schedule_resync(Loop::now());
}

// ------------------------------------------------------------------------------------- following

void Neighbours::on_events() {
    const auto notice = events_.read();
    for (const auto& interface : notice.interfaces)
        note_link(interface);
    std::set<Hop> missed;
    for (const auto& neighbour : notice.neighbours)
        if (learn(neighbour))
            missed.insert(neighbour.hop);
        else
            missed.erase(neighbour.hop);
    netlink_.ask(std::vector<Hop>{missed.begin(), missed.end()}, true);
    links_changed_ = links_changed_ || notice.links || notice.lost;
    // A resync that takes long may not become all that lbd does.
    if (notice.links || notice.routes || notice.lost)
        schedule_resync(Loop::now() +
                        std::max<std::chrono::nanoseconds>(kDebounce, 5 * last_resync_took_));
}

void Neighbours::on_tick() {
    tick_.in(kTick, [this] { on_tick(); });
    links_changed_ = true;  // a link that was detached by hand makes no notice
    schedule_resync(Loop::now());
}

/// True: one of ours does not answer, and the kernel has ceased to ask.  It is asked again, once a
/// second as long as it is silent, for the network may come back without a word.
bool Neighbours::learn(const Neighbour& neighbour) {
    note_answer(neighbour);
    if (neighbour.is_gone)
        neighbours_.erase(neighbour.hop);
    else
        neighbours_[neighbour.hop] = neighbour;
    const auto users = users_.find(neighbour.hop);
    if (users == users_.end()) return false;
    for (const auto backend : users->second)
        write(backend, targets_.at(backend));
    return neighbour.is_gone || !(neighbour.is_valid || neighbour.is_given);
}

void Neighbours::schedule_resync(Time when) {
    if (std::exchange(scheduled_, true)) return;
    resync_timer_.at(when, [this] { resync(); });
}

void Neighbours::resync() {
    scheduled_ = false;
    if (std::exchange(links_changed_, false)) on_links_();
    last_resync_took_ = {};
    broken_.clear();
    if (const auto done = refresh(); !done) return postpone(done.error());
    ask_again();
    std::vector<std::uint32_t> todo;
    for (const auto& [backend, target] : targets_)
        todo.push_back(backend);
    resync_slice(std::move(todo));
}

void Neighbours::resync_slice(std::vector<std::uint32_t> todo) {
    const auto begin = Loop::now();
    const auto count = std::min(kSlice, todo.size());
    resolve({todo.data() + todo.size() - count, count});
    todo.resize(todo.size() - count);
    last_resync_took_ += Loop::now() - begin;
    slice_timer_.cancel();
    if (!todo.empty()) slice_timer_.in({}, [this, todo = std::move(todo)] { resync_slice(todo); });
}

/// The kernel cannot be asked now: everything stays as it is until it can.
void Neighbours::postpone(const Error& error) {
    broken_ = error.what;
    schedule_resync(Loop::now() + std::chrono::seconds{1});
}

Result<> Neighbours::refresh() {
    auto interfaces = netlink_.interfaces();
    if (!interfaces) return interfaces.error();
    auto neighbours = netlink_.neighbours();
    if (!neighbours) return neighbours.error();
    for (const auto& interface : *interfaces)
        note_link(interface);
    interfaces_.clear();
    for (auto& interface : *interfaces)
        interfaces_[interface.ifindex] = std::move(interface);
    std::erase_if(new_links_, [&](const auto& link) { return !interfaces_.contains(link.first); });
    neighbours_.clear();
    for (const auto& neighbour : *neighbours) {
        note_answer(neighbour);
        neighbours_[neighbour.hop] = neighbour;
    }
    return {};
}

void Neighbours::follow(std::span<const std::uint32_t> backends) {
    std::vector<std::uint32_t> fresh;
    for (const auto backend : backends) {
        const auto& entry = backends_[backend];
        const auto [at, is_new] = targets_.try_emplace(backend);
        if (!is_new) continue;
        at->second.word = entry.nexthop;
        at->second.address = address_of(entry.address);
        at->second.forward = static_cast<ForwardMode>(forward_of(entry.word));
        fresh.push_back(backend);
    }
    if (fresh.empty()) return;
    if (const auto done = refresh(); !done) return postpone(done.error());
    resolve(fresh);
}

bool Neighbours::holds(std::uint32_t backend) const {
    const auto target = targets_.find(backend);
    if (target == targets_.end()) return true;
    const auto word = target->second.word;
    return backends_[backend].nexthop == word && egresses_.holds(egress_of(word));
}

void Neighbours::restore(std::span<const std::uint32_t> backends) {
    for (const auto backend : backends) {
        if (holds(backend)) continue;
        const auto word = targets_.at(backend).word;
        egresses_.restore(egress_of(word));
        store(backends_[backend].nexthop, word);
    }
}

void Neighbours::forget(std::uint32_t backend) {
    const auto target = targets_.find(backend);
    if (target != targets_.end()) {
        change_hop(backend, target->second, std::nullopt);
        targets_.erase(target);
    }
    store_next_hop(backend, 0);
}

// ------------------------------------------------------------------------------------- resolving

std::optional<RouteQuery> Neighbours::query_of(std::uint32_t backend) const {
    const auto target = targets_.find(backend);
    if (target == targets_.end()) return std::nullopt;  // forgotten between two slices
    const auto& address = target->second.address;
    return RouteQuery{address, address.is_v4() ? source4_ : source6_};
}

void Neighbours::resolve(std::span<const std::uint32_t> backends) {
    std::vector<std::uint32_t> present;
    std::vector<RouteQuery> queries;
    for (const auto backend : backends)
        if (const auto query = query_of(backend)) {
            present.push_back(backend);
            queries.push_back(*query);
        }
    const auto routes = netlink_.routes(queries);
    if (!routes) return postpone(routes.error());
    for (std::size_t i = 0; i < present.size(); ++i)
        take_route(present[i], targets_.at(present[i]), (*routes)[i]);
}

void Neighbours::take_route(std::uint32_t backend, Target& target, const Result<Route>& route) {
    const auto way = route ? way_of(target, *route) : Result<Way>{route.error()};
    if (route) target.link = route->ifindex;
    target.has_route = route.has_value();
    target.egress = way ? way->egress : lb_egress{};
    target.trouble = way ? "" : way.error().what;
    change_hop(backend, target, way ? std::optional{way->hop} : std::nullopt);
    write(backend, target);
}

Result<Way> Neighbours::way_of(const Target& target, const Route& route) const {
    const auto interface = interfaces_.find(route.ifindex);
    if (interface == interfaces_.end())
        return Error{"the route to " + target.address.text() +
                     " leads to an interface that is gone"};
    const auto lower = interfaces_.find(interface->second.lower);
    return dataplane::way_of(target.address, target.forward, route, interface->second,
                             lower != interfaces_.end() ? &lower->second : nullptr,
                             target.address.is_v4() ? source4_ : source6_);
}

void Neighbours::change_hop(std::uint32_t backend, Target& target, std::optional<Hop> hop) {
    if (target.hop == hop) return;
    if (target.hop) {
        auto& others = users_[*target.hop];
        others.erase(backend);
        const auto* neighbour = known(*target.hop);
        if (others.empty()) {
            if (neighbour && !neighbour->is_given) netlink_.ask({&*target.hop, 1}, false);
            users_.erase(*target.hop);
        }
    }
    target.hop = hop;
    if (!hop) return;
    const bool is_new = users_[*hop].empty();
    users_[*hop].insert(backend);
    const auto* neighbour = known(*hop);
    if (is_new && !(neighbour && neighbour->is_given)) netlink_.ask({&*hop, 1}, true);
}

void Neighbours::write(std::uint32_t backend, Target& target) {
    if (!target.hop) return store_next_hop(backend, 0);
    target.trouble.clear();
    const auto* neighbour = known(*target.hop);
    if (!neighbour || !neighbour->is_valid) return store_next_hop(backend, 0);
    const auto egress = egresses_.place(target.egress);
    if (!egress)
        target.trouble = "more than " + std::to_string(LB_MAX_EGRESSES - 1) + " different egresses";
    store_next_hop(backend, egress ? word_of(neighbour->mac, *egress) : 0);
}

void Neighbours::store_next_hop(std::uint32_t backend, std::uint64_t word) {
    auto& nexthop = backends_[backend].nexthop;
    const auto target = targets_.find(backend);
    // What we have written is what we hold, whatever somebody has made of it since.
    const auto old = target == targets_.end() ? nexthop : std::exchange(target->second.word, word);
    if (old == word) return;
    egresses_.hold(egress_of(word));
    store(nexthop, word);
    egresses_.release(egress_of(old));
}

/// For kernels that do not keep neighbours warm by themselves.
void Neighbours::ask_again() {
    std::vector<Hop> hops;
    for (const auto& [hop, users] : users_) {
        const auto* neighbour = known(hop);
        if (!neighbour || !(neighbour->is_fresh || neighbour->is_given)) hops.push_back(hop);
    }
    netlink_.ask(hops, true);
}

const Neighbour* Neighbours::known(const Hop& hop) const {
    const auto at = neighbours_.find(hop);
    return at != neighbours_.end() ? &at->second : nullptr;
}

}  // namespace lb::dataplane
