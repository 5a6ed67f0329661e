// SPDX-License-Identifier: Apache-2.0
#include "dataplane/map.hpp"

#include <cerrno>
#include <cstring>
#include <vector>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <sys/mman.h>

namespace lb::dataplane {
namespace {

lb_vip_key raw(const VipKey& key) {
    lb_vip_key result{};
    std::memcpy(result.address, key.address.bytes.data(), sizeof(result.address));
    result.port_be = htons(key.port);
    result.protocol = static_cast<std::uint8_t>(key.protocol);
    return result;
}

VipKey cooked(const lb_vip_key& key) {
    return {address_of(key.address), ntohs(key.port_be), Protocol{key.protocol}};
}

std::string name_of(const VipKey& key) {
    return "map 'vip_index': " + Endpoint{key.address, key.port}.text();
}

}  // namespace

Address address_of(const std::uint8_t (&bytes)[16]) {
    Address address;
    std::memcpy(address.bytes.data(), bytes, sizeof(bytes));
    return address;
}

Mapping::~Mapping() {
    if (start_) munmap(start_, bytes_);
}

Result<Mapping> Mapping::of(int map_fd, std::size_t bytes) {
    void* start =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, map_fd, 0);
    if (start == MAP_FAILED) return Error::from_errno("mmap", errno);
    Mapping mapping;
    mapping.start_ = start;
    mapping.bytes_ = bytes;
    return mapping;
}

std::optional<std::uint32_t> VipIndex::find(const lb_vip_key& key) const {
    std::uint32_t number = 0;
    if (bpf_map_lookup_elem(fd_, &key, &number) != 0) return std::nullopt;
    return number;
}

Result<std::map<VipKey, std::uint32_t>> VipIndex::all() const {
    std::map<VipKey, std::uint32_t> found;
    lb_vip_key key{}, next{};
    // lbd is the only writer, so the walk neither restarts nor skips.
    for (const void* from = nullptr; bpf_map_get_next_key(fd_, from, &next) == 0; from = &key) {
        key = next;
        if (const auto number = find(key)) found[cooked(key)] = *number;
    }
    if (errno != ENOENT) return Error::from_errno("map 'vip_index': read", errno);
    return found;
}

Result<> VipIndex::put(const VipKey& key, std::uint32_t number) {
    const auto bytes = raw(key);
    if (bpf_map_update_elem(fd_, &bytes, &number, BPF_ANY) != 0)
        return Error::from_errno(name_of(key) + ": update", errno);
    return {};
}

Result<> VipIndex::erase(const VipKey& key) {
    const auto bytes = raw(key);
    if (bpf_map_delete_elem(fd_, &bytes) != 0 && errno != ENOENT)
        return Error::from_errno(name_of(key) + ": delete", errno);
    return {};
}

VipWord VipWord::of(std::uint64_t word) {
    return {static_cast<std::uint32_t>(word),
            static_cast<std::uint32_t>(word >> LB_VIP_SIZE_SHIFT & LB_VIP_SIZE_MASK),
            static_cast<std::uint32_t>(word >> LB_VIP_HALF_SHIFT & 1),
            static_cast<std::uint32_t>(word >> LB_VIP_FLAGS_SHIFT)};
}

std::uint64_t VipWord::word() const {
    return std::uint64_t{base} | std::uint64_t{size} << LB_VIP_SIZE_SHIFT |
           std::uint64_t{half} << LB_VIP_HALF_SHIFT | std::uint64_t{flags} << LB_VIP_FLAGS_SHIFT;
}

}  // namespace lb::dataplane
