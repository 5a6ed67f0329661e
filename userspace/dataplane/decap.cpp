// SPDX-License-Identifier: Apache-2.0
#include "dataplane/decap.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "base/fd.hpp"
#include "bpf/abi.h"
#include "decap.skel.h"

namespace lb::dataplane {
namespace {

struct Destroy {
    void operator()(decap_bpf* skeleton) const { decap_bpf__destroy(skeleton); }
};
using Skeleton = std::unique_ptr<decap_bpf, Destroy>;

/// What an interface carries: our program, somebody else's, or none.
struct Carried {
    unsigned ifindex = 0;
    Fd program;  ///< ours
    bool is_foreign = false;
    std::uint32_t flags = 0;  ///< the mode it is attached in
    bpf_prog_info info{};
    std::vector<std::uint32_t> maps;
};

Result<> read_info(Carried& carried) {
    carried.maps.resize(8);
    carried.info.nr_map_ids = static_cast<std::uint32_t>(carried.maps.size());
    carried.info.map_ids = reinterpret_cast<std::uintptr_t>(carried.maps.data());
    std::uint32_t size = sizeof(carried.info);
    if (bpf_obj_get_info_by_fd(carried.program.get(), &carried.info, &size) != 0)
        return Error::from_errno("read the program's information", errno);
    carried.maps.resize(std::min<std::size_t>(carried.info.nr_map_ids, carried.maps.size()));
    return {};
}

Result<Carried> carried_by(const std::string& interface) {
    Carried carried;
    carried.ifindex = if_nametoindex(interface.c_str());
    if (carried.ifindex == 0)
        return Error{"interface " + interface + ": no such interface (see: ip link)"};
    bpf_xdp_query_opts query{};
    query.sz = sizeof(query);
    if (const int error = bpf_xdp_query(static_cast<int>(carried.ifindex), 0, &query); error != 0)
        return Error::from_errno("ask what interface " + interface + " carries", -error);
    if (query.prog_id == 0) return carried;
    carried.flags = query.attach_mode == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
    carried.program = Fd{bpf_prog_get_fd_by_id(query.prog_id)};
    if (!carried.program)
        return Error::from_errno("open the program of interface " + interface, errno);
    if (const auto read = read_info(carried); !read) return read.error();
    if (std::strcmp(carried.info.name, "lbd_decap") != 0) {
        carried.is_foreign = true;
        carried.program = Fd{};
    }
    return carried;
}

Error foreign(const std::string& interface, const Carried& carried) {
    return Error{"interface " + interface + " carries another XDP program, \"" + carried.info.name +
                 "\"; fix: ip link set dev " + interface + " xdp off, if nobody needs it"};
}

Result<> fill(const bpf_map* map, const std::vector<Address>& addresses) {
    const std::uint8_t listed = 1;
    for (const auto& address : addresses)
        if (bpf_map_update_elem(bpf_map__fd(map), address.bytes.data(), &listed, BPF_ANY) != 0)
            return Error::from_errno(
                std::string{"map '"} + bpf_map__name(map) + "': add " + address.text(), errno);
    return {};
}

/// In the mode that is asked for; natively first if none is.
int attach_in(const Carried& carried, int program, bool generic) {
    bpf_xdp_attach_opts options{};
    options.sz = sizeof(options);
    options.old_prog_fd = carried.program.get();
    const auto attach = [&](std::uint32_t mode) {
        const auto how = carried.program ? XDP_FLAGS_REPLACE : XDP_FLAGS_UPDATE_IF_NOEXIST;
        return bpf_xdp_attach(static_cast<int>(carried.ifindex), program, mode | how,
                              carried.program ? &options : nullptr);
    };
    if (carried.program) return attach(carried.flags);
    if (generic) return attach(XDP_FLAGS_SKB_MODE);
    const int error = attach(XDP_FLAGS_DRV_MODE);
    return error == -EOPNOTSUPP ? attach(XDP_FLAGS_SKB_MODE) : error;
}

Result<std::vector<Address>> keys_of(int map) {
    std::vector<Address> keys;
    Address key, next;
    for (void* last = nullptr; bpf_map_get_next_key(map, last, next.bytes.data()) == 0;
         last = key.bytes.data()) {
        key = next;
        keys.push_back(key);
    }
    if (errno != ENOENT) return Error::from_errno("read the lists", errno);
    std::sort(keys.begin(), keys.end());
    return keys;
}

Result<> read_results(int map, Decapsulator& decapsulator) {
    const auto cpus = static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1));
    std::vector<lb_decap_counts> counts(cpus);
    const std::uint32_t only = 0;
    if (bpf_map_lookup_elem(map, &only, counts.data()) != 0)
        return Error::from_errno("read the results", errno);
    constexpr std::array<const char*, LB_DECAP_RESULT_COUNT> names{
#define LB_NAME(name, text) text,
        LB_DECAP_RESULTS(LB_NAME)
#undef LB_NAME
    };
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::uint64_t sum = 0;
        for (const auto& count : counts)
            sum += count.packets[i];
        decapsulator.results.emplace_back(names.at(i), sum);
    }
    return {};
}

Result<> read_map(std::uint32_t id, Decapsulator& decapsulator) {
    const Fd map{bpf_map_get_fd_by_id(id)};
    if (!map) return Error::from_errno("open a map of the program", errno);
    bpf_map_info info{};
    std::uint32_t size = sizeof(info);
    if (bpf_obj_get_info_by_fd(map.get(), &info, &size) != 0)
        return Error::from_errno("read a map's information", errno);
    const std::string name = info.name;
    if (name == "results") return read_results(map.get(), decapsulator);
    if (name != "vips" && name != "balancers") return {};
    auto keys = keys_of(map.get());
    if (!keys) return keys.error();
    (name == "vips" ? decapsulator.vips : decapsulator.balancers) = std::move(*keys);
    return {};
}

}  // namespace

Result<> attach_decap(const std::string& interface, const std::vector<Address>& vips,
                      const std::vector<Address>& balancers, bool generic) {
    const auto carried = carried_by(interface);
    if (!carried) return carried.error();
    if (carried->is_foreign) return foreign(interface, *carried);
    const Skeleton skeleton{decap_bpf__open_and_load()};
    if (!skeleton) return Error::from_errno("load the program (are you root?)", errno);
    if (const auto done = fill(skeleton->maps.vips, vips); !done) return done.error();
    if (const auto done = fill(skeleton->maps.balancers, balancers); !done) return done.error();
    const int error = attach_in(*carried, bpf_program__fd(skeleton->progs.lbd_decap), generic);
    if (error != 0) return Error::from_errno("attach to interface " + interface, -error);
    return {};
}

Result<bool> detach_decap(const std::string& interface) {
    const auto carried = carried_by(interface);
    if (!carried) return carried.error();
    if (carried->is_foreign) return foreign(interface, *carried);
    if (!carried->program) return false;
    bpf_xdp_attach_opts options{};
    options.sz = sizeof(options);
    options.old_prog_fd = carried->program.get();
    const int error = bpf_xdp_detach(static_cast<int>(carried->ifindex),
                                     carried->flags | XDP_FLAGS_REPLACE, &options);
    if (error != 0) return Error::from_errno("detach from interface " + interface, -error);
    return true;
}

Result<std::optional<Decapsulator>> decap_status(const std::string& interface) {
    const auto carried = carried_by(interface);
    if (!carried) return carried.error();
    if (!carried->program) return std::optional<Decapsulator>{};
    Decapsulator decapsulator;
    decapsulator.xdp_mode = carried->flags == XDP_FLAGS_SKB_MODE ? "generic" : "native";
    for (const auto id : carried->maps)
        if (const auto read = read_map(id, decapsulator); !read) return read.error();
    return std::optional{std::move(decapsulator)};
}

}  // namespace lb::dataplane
