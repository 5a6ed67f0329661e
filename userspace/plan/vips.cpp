// SPDX-License-Identifier: Apache-2.0
#include "plan/vips.hpp"

#include "base/first_fit.hpp"
#include "base/parallel.hpp"
#include "plan/places.hpp"

namespace lb::plan {
namespace {

std::uint32_t flags_of(const Vip& vip) {
    std::uint32_t flags = 0;
    if (vip.tracking == Tracking::always) flags |= LB_VIP_TRACK;
    if (vip.quic) flags |= LB_VIP_QUIC;
    if (vip.affinity == Affinity::source) flags |= LB_VIP_AFFINITY_SOURCE;
    if (vip.affinity == Affinity::none) flags |= LB_VIP_AFFINITY_NONE;
    return flags;
}

/// Whoever is in no list may come unless there is one of those who may.
SourceList sources_of(const Vip& vip) {
    SourceList list;
    if (vip.allow.empty() && vip.deny.empty()) return list;
    list[Prefix{}] = vip.allow.empty();
    for (const auto& prefix : vip.deny)
        list[prefix] = false;
    for (const auto& prefix : vip.allow)
        list[prefix] = true;
    return list;
}

/// Numbers, and ranges of slots, as the maps have them.
class Room {
public:
    explicit Room(const Layout& layout)
        : layout_{layout}, numbers_{layout.limits.vips}, ranges_{0, layout.limits.slots} {
        for (const auto& [key, vip] : layout.vips) {
            numbers_.occupy(vip.number);
            ranges_.occupy(vip.base, 2 * vip.size);
        }
    }

    /// The vip that is there already, and keeps its place.
    const Layout::Vip* stays(const VipEntry& vip) const {
        const auto old = layout_.vips.find(vip.key);
        return old != layout_.vips.end() && old->second.size == vip.size ? &old->second : nullptr;
    }
    Result<> place(VipEntry& vip) {
        const auto old = layout_.vips.find(vip.key);
        const bool is_known = old != layout_.vips.end();
        const auto number = is_known ? std::optional{old->second.number} : numbers_.take();
        if (!number) return no_room("vip", layout_.limits.vips);
        const auto base = stays(vip) ? std::optional{old->second.base} : ranges_.take(2 * vip.size);
        if (!base) return no_room("vip's slots", layout_.limits.slots);
        vip.number = *number;
        vip.base = *base;
        return {};
    }

private:
    const Layout& layout_;
    Free numbers_;
    FirstFit ranges_;
};

VipEntry entry_of(const std::string& name, const Vip& vip) {
    VipEntry entry;
    entry.name = name;
    entry.key = {vip.address, vip.ports, vip.protocol};
    entry.size = vip.slots;
    entry.flags = flags_of(vip);
    entry.echo = vip.echo;
    entry.sources = sources_of(vip);
    return entry;
}

std::vector<Member> members_of(const Pool& pool) {
    std::vector<Member> members;
    for (const auto& [name, backend] : pool.backends)
        members.push_back({name, static_cast<std::uint32_t>(backend.weight)});
    return members;
}

/// What the slots of a vip are made of.
struct Fabric {
    const Pool& pool;
    Front front;
    const std::vector<std::uint32_t>& home;  // by ordinal
    const Layout::Vip* before;               // the vip as it is, if it keeps its place
};

/// The slots; of a vip that keeps its place they move from where they are.
void fill(VipEntry& vip, const Fabric& fabric, std::span<const Candidate> members,
          const Usable& can_be_used, Nanoseconds now) {
    vip.home = fabric.home;
    for (auto& slot : vip.home)
        slot = slot == kNobody ? LB_SLOT_NONE : members[slot].index;
    if (!fabric.before) {
        vip.slots.clear();
        for (const auto index : wanted(vip.home, members, {}))
            vip.slots.push_back(stable_slot(index));
        return;
    }
    vip.slots = fabric.before->slots;
    vip.moving_since = fabric.before->moving_since;
    if (move(vip.slots, wanted(vip.home, members, vip.slots), can_be_used)) vip.moving_since = now;
}

}  // namespace

Result<> place_vips(const Spec& spec, Homes& homes, const Standings& standings,
                    const Layout& layout, Nanoseconds now, Tables& tables) {
    Room room{layout};
    std::vector<Fabric> fabrics;  // as tables.vips
    for (const auto& [name, vip] : spec.vips) {
        auto entry = entry_of(name, vip);
        if (const auto placed = room.place(entry); !placed) return placed.error();
        const auto& pool = spec.pools.at(vip.pool);
        const auto& home = homes.of(tables.generation, members_of(pool), vip.slots);
        fabrics.push_back({pool, front_of(spec, vip), home, room.stays(entry)});
        tables.vips.push_back(std::move(entry));
    }
    // A million slots, when there is a hurry: no vip looks at another one.
    in_parallel(fabrics.size(), [&, can_be_used = usable(tables)](std::size_t place) {
        const auto& fabric = fabrics[place];
        const auto members =
            candidates(fabric.front, fabric.pool, standings.at(fabric.front), tables);
        fill(tables.vips[place], fabric, members, can_be_used, now);
    });
    return {};
}

}  // namespace lb::plan
