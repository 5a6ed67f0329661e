// SPDX-License-Identifier: Apache-2.0
#include "dataplane/decap.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <decap.skel.h>

#include "dataplane/object.hpp"
#include "dataplane/per_cpu.hpp"
#include "dataplane/pins.hpp"
#include "host/features.hpp"

namespace lb::dataplane {
namespace {

namespace fs = std::filesystem;

constexpr std::uint8_t kListed = 1;

std::string folder_of(const std::string& pins, unsigned ifindex) {
    return pins + "/" + std::to_string(ifindex);
}

Result<> remove_folder(const std::string& folder) {
    std::error_code error;
    fs::remove_all(folder, error);
    if (error) return Error{"remove " + folder + ": " + error.message()};
    return {};
}

Result<std::set<Address>> addresses_in(int map) {
    std::set<Address> found;
    Address key;
    for (const void* from = nullptr; bpf_map_get_next_key(map, from, key.bytes.data()) == 0;
         from = key.bytes.data())
        found.insert(key);
    if (errno != ENOENT) return Error::from_errno("read a list", errno);
    return found;
}

/// What is new first, so that nobody who stays is missing for a moment.
Result<> replace_list(int map, const std::vector<Address>& wanted) {
    const auto before = addresses_in(map);
    if (!before) return before.error();
    for (const auto& address : wanted)
        if (bpf_map_update_elem(map, address.bytes.data(), &kListed, BPF_ANY) != 0)
            return Error::from_errno("list " + address.text(), errno);
    for (const auto& address : *before)
        if (std::find(wanted.begin(), wanted.end(), address) == wanted.end() &&
            bpf_map_delete_elem(map, address.bytes.data()) != 0)
            return Error::from_errno("unlist " + address.text(), errno);
    return {};
}

Result<bool> is_attached(const std::string& folder, unsigned ifindex) {
    const auto path = folder + "/link";
    const auto link = open_pin(path);
    if (!link) return link.error();
    if (!*link) return false;
    const auto on = is_on(link->get(), ifindex);
    return on ? on : on.error().in(path);
}

using Object = std::unique_ptr<decap_bpf, void (*)(decap_bpf*)>;

/// On the pinned maps where it runs already, else on new ones.
Result<Object> load_decap(const std::string& folder, bool adopt) {
    VerifierLog log;
    const auto options = log.options();
    Object object{decap_bpf::open(&options), &decap_bpf::destroy};
    if (!object) return Error::from_errno("open the decapsulator", errno);
    host::allow_pieces(object->progs.lbd_decap);
    bpf_map* map = nullptr;
    if (adopt) bpf_object__for_each_map(map, object->obj) {
            const auto reused = reuse_pin(map, folder + "/" + bpf_map__name(map));
            if (!reused)
                return Error{reused.error().what + "; lbd-decap detach, then attach again"};
        }
    if (const int err = decap_bpf::load(object.get()); err != 0)
        return log.explained("load the decapsulator", -err);
    return object;
}

Result<> start(const DecapOptions& options, unsigned ifindex, const std::string& folder,
               decap_bpf& object) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object.obj) {
        const auto done = pin(bpf_map__fd(map), folder + "/" + bpf_map__name(map));
        if (!done) return done.error();
    }
    const auto link = attach_link(bpf_program__fd(object.progs.lbd_decap), options.interface,
                                  ifindex, folder + "/link", options.mode);
    return link ? Result<>{} : Result<>{link.error()};
}

Result<> make_folder(const std::string& pins, const std::string& folder, bool fresh) {
    if (const auto made = make_pin_folder(pins); !made) return made.error();
    if (fresh)
        if (const auto gone = remove_folder(folder); !gone) return gone.error();
    return make_pin_folder(folder);
}

}  // namespace

Result<> attach_decap(const DecapOptions& options) {
    for (const auto* list : {&options.vips, &options.balancers})
        if (list->size() > LB_DECAP_MAX_ADDRESSES)
            return Error{"more than " + std::to_string(LB_DECAP_MAX_ADDRESSES) + " addresses"};
    const auto ifindex = find_interface(options.interface);
    if (!ifindex) return ifindex.error();
    const auto folder = folder_of(options.pins, *ifindex);
    const auto adopt = is_attached(folder, *ifindex);
    if (!adopt) return adopt.error();
    if (const auto made = make_folder(options.pins, folder, !*adopt); !made) return made.error();
    const auto object = load_decap(folder, *adopt);
    if (!object) return object.error();
    const auto& maps = (*object)->maps;
    for (const auto& done : {replace_list(bpf_map__fd(maps.vips), options.vips),
                             replace_list(bpf_map__fd(maps.balancers), options.balancers)})
        if (!done) return done.error();
    const int program = bpf_program__fd((*object)->progs.lbd_decap);
    if (*adopt) {
        const auto link = adopt_link(program, *ifindex, folder + "/link");
        return link ? Result<>{} : Result<>{link.error()};
    }
    const auto started = start(options, *ifindex, folder, **object);
    if (!started) (void)remove_folder(folder).has_value();
    return started;
}

Result<bool> detach_decap(const std::string& interface, const std::string& pins) {
    const auto ifindex = find_interface(interface);
    if (!ifindex) return ifindex.error();
    const auto folder = folder_of(pins, *ifindex);
    const auto was_attached = is_attached(folder, *ifindex);
    if (!was_attached) return was_attached.error();
    if (const auto gone = drop_link(folder + "/link"); !gone) return gone.error();
    if (const auto gone = remove_folder(folder); !gone) return gone.error();
    return *was_attached;
}

Result<DecapView> decap_status(const std::string& interface, const std::string& pins) {
    const auto ifindex = find_interface(interface);
    if (!ifindex) return ifindex.error();
    const auto folder = folder_of(pins, *ifindex);
    DecapView view;
    view.interface = interface;
    const auto attached = is_attached(folder, *ifindex);
    if (!attached) return attached.error();
    if (!*attached) return view;
    view.xdp_mode = mode_of(*ifindex);
    for (auto [name, list] : {std::pair{"vips", &view.vips}, {"balancers", &view.balancers}}) {
        const auto map = open_pin(folder + "/" + name);
        if (!map) return map.error();
        const auto addresses = addresses_in(map->get());
        if (!addresses) return addresses.error();
        list->assign(addresses->begin(), addresses->end());
    }
    const auto map = open_pin(folder + "/results");
    if (!map) return map.error();
    const auto counts = per_cpu<lb_decap_counts>(map->get(), 0);
    static constexpr const char* kNames[] = {
#define LB_DECAP_NAME(name, text) text,
        LB_DECAP_RESULTS(LB_DECAP_NAME)
#undef LB_DECAP_NAME
    };
    for (std::size_t result = 0; result < LB_DECAP_RESULT_COUNT; ++result) {
        std::uint64_t packets = 0;
        for (const auto& cpu : counts)
            packets += cpu.packets[result];
        view.results.push_back({kNames[result], packets});
    }
    return view;
}

}  // namespace lb::dataplane
