// SPDX-License-Identifier: Apache-2.0
#include "dataplane/loader.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <lb.skel.h>

namespace lb::dataplane {
namespace {

constexpr const char* kWayOut =
    "; to start with new maps: lbctl detach (forwarding stops), then start lbd";

/// The last words of the kernel's verifier, which say what it did not like.
std::string last_lines(const std::string& log) {
    std::string text = log.substr(0, log.find('\0'));
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    const auto from = text.size() > 400 ? text.find('\n', text.size() - 400) : 0;
    return from == std::string::npos ? text : text.substr(from);
}

Error why_not_loaded(int err, const std::string& log) {
    auto error = Error::from_errno("load the packet program", err);
    if (err == EPERM || err == EACCES)
        error.what += "; needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
    else if (err == ENOMEM)
        error.what += "; lower node.limits, or give lbd more memory";
    else
        error.what += "; needs Linux 5.15 or later with CONFIG_BPF_SYSCALL";
    if (const auto words = last_lines(log); !words.empty())
        error.what += "; the kernel says: " + words;
    return error;
}

struct Size {
    const char* map;
    std::uint32_t entries;
};

/// vip_index also holds a marker per address.
std::array<Size, 6> sizes(const Limits& limits) {
    return {{{"vip_index", 2 * limits.vips},
             {"vips", limits.vips},
             {"slots", limits.slots},
             {"backends", limits.backends},
             {"vip_counts", limits.vips},
             {"backend_counts", limits.backends}}};
}

Result<> set_sizes(bpf_object* object, const Limits& limits) {
    for (const auto& [name, entries] : sizes(limits))
        if (const int err =
                bpf_map__set_max_entries(bpf_object__find_map_by_name(object, name), entries);
            err != 0)
            return Error::from_errno(std::string{"map '"} + name + "': set its size", -err);
    return {};
}

/// Empty if the pinned map is what `wanted` says.
std::string difference(const bpf_map* wanted, const bpf_map_info& found) {
    const auto differs = [](const char* what, std::uint64_t has, std::uint64_t needs) {
        return std::string{what} + " " + std::to_string(has) + ", this lbd needs " +
               std::to_string(needs);
    };
    if (found.type != bpf_map__type(wanted))
        return differs("has type", found.type, bpf_map__type(wanted));
    if (found.key_size != bpf_map__key_size(wanted))
        return differs("has keys of size", found.key_size, bpf_map__key_size(wanted));
    if (found.value_size != bpf_map__value_size(wanted))
        return differs("has values of size", found.value_size, bpf_map__value_size(wanted));
    if (found.map_flags != bpf_map__map_flags(wanted))
        return differs("has flags", found.map_flags, bpf_map__map_flags(wanted));
    if (found.max_entries != bpf_map__max_entries(wanted))
        return differs("holds", found.max_entries, bpf_map__max_entries(wanted)) + " (node.limits)";
    return {};
}

Result<> reuse(const Pins& pins, bpf_map* map) {
    const auto path = pins.map(bpf_map__name(map));
    const auto pinned = open_pin(path);
    if (!pinned) return pinned.error();
    if (!*pinned) return Error{path + " is missing" + kWayOut};
    bpf_map_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(pinned->get(), &info, &length) != 0)
        return Error::from_errno("ask what " + path + " is", errno);
    if (const auto text = difference(map, info); !text.empty())
        return Error{path + " " + text + kWayOut};
    if (const int err = bpf_map__reuse_fd(map, pinned->get()); err != 0)
        return Error::from_errno("adopt " + path, -err);
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
    for (const auto& done :
         {into(maps.vips, from.vips, limits.vips), into(maps.slots, from.slots, limits.slots),
          into(maps.backends, from.backends, limits.backends),
          into(maps.egresses, from.egresses, LB_MAX_EGRESSES),
          into(maps.settings, from.settings, 1), into(maps.meta, from.meta, 1)})
        if (!done) return done.error();
    maps.vip_index = VipIndex{bpf_map__fd(from.vip_index)};
    maps.verdicts = bpf_map__fd(from.verdicts);
    maps.vip_counts = bpf_map__fd(from.vip_counts);
    maps.backend_counts = bpf_map__fd(from.backend_counts);
    return {};
}

Result<> prove(const Maps& maps, const Seed& seed) {
    const auto& meta = maps.meta[0];
    if (meta.magic != LB_LAYOUT_MAGIC || meta.major != LB_LAYOUT_MAJOR)
        return Error{"the pinned maps are not of layout " + std::to_string(LB_LAYOUT_MAJOR) +
                     kWayOut};
    const auto wanted = settings_of(seed);
    if (std::memcmp(&wanted, &maps.settings[0], sizeof(wanted)) != 0)
        return Error{std::string{"the pinned maps were made with another node.seed; put it back"} +
                     kWayOut};
    return {};
}

void initialise(Maps& maps, const Seed& seed) {
    maps.settings[0] = settings_of(seed);
    auto& meta = maps.meta[0];
    meta.major = LB_LAYOUT_MAJOR;
    meta.minor = LB_LAYOUT_MINOR;
    meta.magic = LB_LAYOUT_MAGIC;
}

Result<> choose_maps(const Pins& pins, bpf_object* object, bool adopt) {
    if (!adopt) return pins.remove_maps();  // debris of a start that did not get to the end
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
        if (const auto done = reuse(pins, map); !done) return done.error();
    }
    return {};
}

}  // namespace

lb_settings settings_of(const Seed& seed) {
    const auto key = [&](std::size_t number) {
        return siphash(seed, "lbd hash key " + std::to_string(number));
    };
    lb_settings settings{};
    for (std::size_t i = 0; i < LB_HASH_KEYS; ++i)
        settings.hash_key[i] = static_cast<std::uint32_t>(key(i));
    settings.final_key = key(LB_HASH_KEYS);
    return settings;
}

Result<Loaded> load(const Pins& pins, const Limits& limits, const Seed& seed) {
    libbpf_set_print(nullptr);  // a library that logs; its words are in our errors
    std::string log(1 << 16, '\0');
    bpf_object_open_opts options{};
    options.sz = sizeof(options);
    options.kernel_log_buf = log.data();
    options.kernel_log_size = log.size();
    Loaded loaded{{lb_bpf::open(&options), &lb_bpf::destroy}, {}, -1, pins.has_maps()};
    if (!loaded.object) return Error::from_errno("open the packet program", errno);
    const auto object = loaded.object->obj;
    if (const auto done = set_sizes(object, limits); !done) return done.error();
    if (const auto done = choose_maps(pins, object, loaded.adopted); !done)
        return done.error().in("adopt the pinned maps");
    if (const int err = lb_bpf::load(loaded.object.get()); err != 0)
        return why_not_loaded(-err, log);
    if (const auto done = map_arrays(*loaded.object, limits, loaded.maps); !done)
        return done.error();
    if (loaded.adopted) {
        if (const auto proved = prove(loaded.maps, seed); !proved) return proved.error();
    } else {
        initialise(loaded.maps, seed);
        if (const auto done = pin_maps(pins, object); !done) return done.error();
    }
    loaded.program = bpf_program__fd(loaded.object->progs.lbd);
    return loaded;
}

}  // namespace lb::dataplane
