// SPDX-License-Identifier: Apache-2.0
#include "bench/floor.hpp"

#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "floor.skel.h"
#include "tests/support/floor.h"

namespace lb::bench {
namespace {

template <class Key, class Value>
void put(const bpf_map* map, const Key& key, const Value& value) {
    if (bpf_map_update_elem(bpf_map__fd(map), &key, &value, BPF_ANY) < 0)
        throw std::runtime_error(std::string{"fill "} + bpf_map__name(map));
}

floor_backend backend(std::uint32_t number) {
    floor_backend result{};
    result.from = htonl(0x0a000001);
    result.to = htonl(0xc6336400 + 1 + number);
    result.from_mac[0] = result.to_mac[0] = 2;
    result.to_mac[5] = static_cast<std::uint8_t>(number);
    return result;
}

}  // namespace

Floor::Floor(const Endpoint& vip, std::uint32_t slots, std::uint32_t backends)
    : skeleton_{floor_bpf__open_and_load(), &floor_bpf__destroy} {
    if (!skeleton_) throw std::runtime_error("load floor.bpf.o: are you root?");
    floor_vip key{};
    std::memcpy(&key.address, vip.address.bytes.data() + 12, sizeof key.address);
    key.port_be = htons(vip.port);
    key.protocol = IPPROTO_TCP;
    put(skeleton_->maps.floor_vips, key, slots);
    for (std::uint32_t number = 0; number < backends; ++number)
        put(skeleton_->maps.floor_backends, number, backend(number));
    for (std::uint32_t slot = 0; slot < slots; ++slot)
        put(skeleton_->maps.floor_slots, slot, slot % backends);
}

int Floor::drop() const {
    return bpf_program__fd(skeleton_->progs.drop);
}

int Floor::minimal() const {
    return bpf_program__fd(skeleton_->progs.minimal);
}

}  // namespace lb::bench
