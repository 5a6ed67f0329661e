// SPDX-License-Identifier: Apache-2.0
#include "dataplane/loader.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <lb.skel.h>

#include "dataplane/object.hpp"
#include "dataplane/per_cpu.hpp"
#include "host/features.hpp"

namespace lb::dataplane {
namespace {

constexpr const char* kWayOut =
    "; to start with new maps: lbctl detach (forwarding stops), then start lbd";

struct Size {
    const char* map;
    std::uint32_t entries;
};

std::array<Size, 13> sizes(const Limits& limits) {
    return {{{"addresses", limits.vips},
             {"services", LB_SERVICES(limits.vips)},
             {"sources", 2 * limits.sources},
             {"vips", limits.vips},
             {"slots", limits.slots},
             {"backends", limits.backends},
             {"vip_counts", limits.vips},
             {"backend_counts", limits.backends},
             {"backend_witness", limits.backends},
             {"new_flows", limits.backends},
             {"probe_counts", limits.backends},
             {"flows", limits.flows},
             {"vip_flows", limits.vips}}};
}

Result<> set_sizes(bpf_object* object, const Limits& limits) {
    for (const auto& [name, entries] : sizes(limits))
        if (const int err =
                bpf_map__set_max_entries(bpf_object__find_map_by_name(object, name), entries);
            err != 0)
            return Error::from_errno(std::string{"map '"} + name + "': set its size", -err);
    return {};
}

/// What layout 1.1 has and 1.0 had not: counters, which may begin with a newer lbd.
constexpr std::array kYounger = {"new_flows"};

Result<bool> is_pinned(const Pins& pins, const std::string& name) {
    const auto pinned = open_pin(pins.map(name));
    if (!pinned) return pinned.error();
    return static_cast<bool>(*pinned);
}

/// Those that the lbd before us knew nothing of.
Result<> pin_younger(const Pins& pins, bpf_object* object) {
    for (const auto* name : kYounger) {
        const auto pinned = is_pinned(pins, name);
        if (!pinned) return pinned.error();
        if (*pinned) continue;
        const int fd = bpf_object__find_map_fd_by_name(object, name);
        if (const auto done = pin(fd, pins.map(name)); !done) return done.error();
    }
    return {};
}

/// `meta` last: its pin says that the others are complete.
Result<> pin_maps(const Pins& pins, bpf_object* object) {
    const auto last = bpf_object__find_map_by_name(object, "meta");
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
        if (map == last) continue;
        if (const auto done = pin(bpf_map__fd(map), pins.map(bpf_map__name(map))); !done)
            return done.error();
    }
    return pin(bpf_map__fd(last), pins.map("meta"));
}

Result<> map_arrays(const lb_bpf& object, const Limits& limits, Maps& maps) {
    const auto into = [](auto& array, const bpf_map* map, std::uint32_t entries) -> Result<> {
        auto made = std::remove_reference_t<decltype(array)>::of(bpf_map__fd(map), entries);
        if (!made) return made.error().in(std::string{"map '"} + bpf_map__name(map) + "'");
        array = std::move(*made);
        return {};
    };
    const auto& from = object.maps;
    Array<__u64> chains;
    Array<lb_address> elements;
    for (const auto& done :
         {into(chains, from.address_chains, LB_ADDRESS_CHAINS),
          into(elements, from.addresses, limits.vips),
          into(maps.services, from.services, LB_SERVICES(limits.vips)),
          into(maps.vips, from.vips, limits.vips), into(maps.slots, from.slots, limits.slots),
          into(maps.backends, from.backends, limits.backends),
          into(maps.egresses, from.egresses, LB_MAX_EGRESSES),
          into(maps.probe_counts, from.probe_counts, limits.backends),
          into(maps.settings, from.settings, 1), into(maps.meta, from.meta, 1)})
        if (!done) return done.error();
    maps.addresses = Addresses{std::move(chains), std::move(elements)};
    maps.sources = Sources{bpf_map__fd(from.sources)};
    maps.verdicts = bpf_map__fd(from.verdicts);
    maps.flows = bpf_map__fd(from.flows);
    maps.vip_flows = bpf_map__fd(from.vip_flows);
    maps.vip_counts = bpf_map__fd(from.vip_counts);
    maps.backend_counts = bpf_map__fd(from.backend_counts);
    maps.new_flows = bpf_map__fd(from.new_flows);
    maps.backend_witness = bpf_map__fd(from.backend_witness);
    return {};
}

/// Per CPU and second, by enum lb_budget_kind.
constexpr std::array<std::uint32_t, LB_BUDGETS> kBudgets = {
    0,       // handshakes: see budgets_for()
    20'000,  // mid-flow packets
    1'000,   // echo replies
    1'000,   // "packet too big" of ours
    10'000,  // ICMP errors to backends
    5'000,   // datagrams in fragments
};

/// Ten seconds of a SYN flood, the life of its entries, must not fill more than half of the table.
void budgets_for(const Limits& limits, lb_settings& settings) {
    std::copy(kBudgets.begin(), kBudgets.end(), settings.budget);
    const auto cpus = static_cast<std::uint32_t>(possible_cpus());
    settings.budget[LB_BUDGET_HANDSHAKE] = std::max(1U, limits.flows / 2 / 10 / cpus);
}

Result<> prove(const Maps& maps, const Seed& seed) {
    const auto& meta = maps.meta[0];
    if (meta.magic != LB_LAYOUT_MAGIC || meta.major != LB_LAYOUT_MAJOR)
        return Error{"the pinned maps are not of layout " + std::to_string(LB_LAYOUT_MAJOR) +
                     kWayOut};
    const auto wanted = hash_keys(seed);
    const auto is_wanted = [&](const lb_hash_keys& keys) {
        return std::memcmp(&keys, &wanted, sizeof wanted) == 0;
    };
    if (!is_wanted(maps.settings[0].keys) ||
        !std::ranges::all_of(maps.vips.all(), is_wanted, &lb_vip::keys))
        return Error{std::string{"the pinned maps were made with another node.seed; put it back"} +
                     kWayOut};
    return {};
}

void initialise(Maps& maps, const Limits& limits, const Seed& seed) {
    maps.settings[0].keys = hash_keys(seed);
    for (auto& vip : maps.vips.all())
        vip.keys = maps.settings[0].keys;
    budgets_for(limits, maps.settings[0]);
    auto& meta = maps.meta[0];
    meta.major = LB_LAYOUT_MAJOR;
    meta.minor = LB_LAYOUT_MINOR;
    meta.magic = LB_LAYOUT_MAGIC;
}

Result<> adopt_map(const Pins& pins, bpf_map* map) {
    const std::string name = bpf_map__name(map);
    if (std::ranges::count(kYounger, name) != 0) {
        const auto pinned = is_pinned(pins, name);
        if (!pinned || !*pinned) return pinned ? Result<>{} : pinned.error();
    }
    return reuse_pin(map, pins.map(name));
}

Result<> choose_maps(const Pins& pins, bpf_object* object, bool adopt) {
    if (!adopt) return pins.remove_maps();  // debris of a start that did not get to the end
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
        if (const auto done = adopt_map(pins, map); !done)
            return Error{done.error().what + kWayOut};
    }
    return {};
}

}  // namespace

Result<Loaded> load(const Pins& pins, const Limits& limits, const Seed& seed) {
    VerifierLog log;
    const auto options = log.options();
    Loaded loaded{{lb_bpf::open(&options), &lb_bpf::destroy}, {}, -1, pins.has_maps()};
    if (!loaded.object) return Error::from_errno("open the packet program", errno);
    const auto object = loaded.object->obj;
    if (const auto done = set_sizes(object, limits); !done) return done.error();
    host::allow_pieces(loaded.object->progs.lbd);
    if (const auto done = choose_maps(pins, object, loaded.adopted); !done)
        return done.error().in("adopt the pinned maps");
    if (const int err = lb_bpf::load(loaded.object.get()); err != 0)
        return log.explained("load the packet program", -err);
    if (const auto done = map_arrays(*loaded.object, limits, loaded.maps); !done)
        return done.error();
    if (loaded.adopted) {
        if (const auto proved = prove(loaded.maps, seed); !proved) return proved.error();
        if (const auto done = pin_younger(pins, object); !done) return done.error();
    } else {
        initialise(loaded.maps, limits, seed);
        if (const auto done = pin_maps(pins, object); !done) return done.error();
    }
    loaded.maps.intended_settings = loaded.maps.settings[0];
    loaded.program = bpf_program__fd(loaded.object->progs.lbd);
    return loaded;
}

}  // namespace lb::dataplane
