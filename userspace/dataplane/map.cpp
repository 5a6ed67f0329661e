// SPDX-License-Identifier: Apache-2.0
#include "dataplane/map.hpp"

#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>

namespace lb::dataplane {
namespace {

lb_source_key raw(std::uint32_t list, const Prefix& prefix) {
    lb_source_key key{LB_SOURCE_PREFIX + std::uint32_t{prefix.length}, list, {}};
    std::memcpy(key.address, prefix.address.bytes.data(), sizeof(key.address));
    return key;
}

Prefix cooked(const lb_source_key& key) {
    return {address_of(key.address), static_cast<std::uint8_t>(key.prefix - LB_SOURCE_PREFIX)};
}

}  // namespace

Address address_of(const std::uint8_t (&bytes)[16]) {
    Address address;
    std::memcpy(address.bytes.data(), bytes, sizeof(bytes));
    return address;
}

Result<SourceLists> Sources::all() const {
    SourceLists found;
    lb_source_key key{}, next{};
    for (const void* from = nullptr; bpf_map_get_next_key(fd_, from, &next) == 0; from = &key) {
        key = next;
        std::uint32_t verdict = LB_SOURCE_DENY;
        if (bpf_map_lookup_elem(fd_, &key, &verdict) != 0) continue;
        found[key.list][cooked(key)] = verdict == LB_SOURCE_ALLOW;
    }
    if (errno != ENOENT) return Error::from_errno("map 'sources': read", errno);
    return found;
}

Result<> Sources::put(std::uint32_t list, const Prefix& prefix, bool may_come) {
    const auto key = raw(list, prefix);
    const std::uint32_t verdict = may_come ? LB_SOURCE_ALLOW : LB_SOURCE_DENY;
    if (bpf_map_update_elem(fd_, &key, &verdict, BPF_ANY) != 0)
        return Error::from_errno("map 'sources': " + prefix.text() + ": update", errno);
    return {};
}

Result<> Sources::erase(std::uint32_t list, const Prefix& prefix) {
    const auto key = raw(list, prefix);
    if (bpf_map_delete_elem(fd_, &key) != 0 && errno != ENOENT)
        return Error::from_errno("map 'sources': " + prefix.text() + ": delete", errno);
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
