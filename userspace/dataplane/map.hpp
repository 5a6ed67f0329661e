// SPDX-License-Identifier: Apache-2.0
/// The maps of bpf/maps.h, typed.  The file descriptors belong to whoever loaded them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "bpf/abi.h"
#include "dataplane/addresses.hpp"
#include "dataplane/array.hpp"
#include "model/tables.hpp"

namespace lb::dataplane {

using SourceLists = std::map<std::uint32_t, SourceList>;  ///< by lb_source_key.list

/// The list that a vip with this number and these flags names, and its other one.
inline std::uint32_t list_of(std::uint32_t vip, std::uint32_t flags) {
    return 2 * vip + ((flags & LB_VIP_LIST) != 0 ? 1 : 0);
}

/// sources: who may come to which vip.
class Sources {
public:
    Sources() = default;
    explicit Sources(int map_fd) : fd_{map_fd} {}

    /// Everything in it.
    Result<SourceLists> all() const;
    Result<> put(std::uint32_t list, const Prefix& prefix, bool may_come);
    Result<> erase(std::uint32_t list, const Prefix& prefix);

private:
    int fd_ = -1;
};

struct Maps {
    Addresses addresses;
    Sources sources;
    Array<__u64> services;
    Array<lb_vip> vips;
    Array<std::uint64_t> slots;
    Array<lb_backend> backends;
    Array<lb_egress> egresses;
    Array<lb_probe_counts> probe_counts;
    Array<lb_settings> settings;
    lb_settings intended_settings{};  ///< as they were made, or proved, when the maps were opened
    Array<lb_meta> meta;
    int verdicts = -1;
    int flows = -1;
    int vip_flows = -1;
    int vip_counts = -1;
    int backend_counts = -1;
    int new_flows = -1;
    int backend_witness = -1;
};

/// A vip's word, taken apart (abi.h).
struct VipWord {
    std::uint32_t base = 0;
    std::uint32_t size = 0;
    std::uint32_t half = 0;
    std::uint32_t flags = 0;  ///< enum lb_vip_flag

    static VipWord of(std::uint64_t word);
    std::uint64_t word() const;
    /// The first slot of the half that packets read, and of the other one.
    std::uint32_t active() const { return base + half * size; }
    std::uint32_t idle() const { return base + (1 - half) * size; }
    bool operator==(const VipWord&) const = default;
};

inline lb_backend_state state_of(std::uint64_t backend_word) {
    return static_cast<lb_backend_state>(backend_word & LB_BACKEND_STATE_MASK);
}

inline std::uint32_t birth_of(std::uint64_t backend_word) {
    return static_cast<std::uint32_t>(backend_word >> LB_BACKEND_BIRTH_SHIFT &
                                      LB_BACKEND_BIRTH_MASK);
}

inline lb_forward_mode forward_of(std::uint64_t backend_word) {
    return static_cast<lb_forward_mode>(backend_word >> LB_BACKEND_FORWARD_SHIFT &
                                        LB_BACKEND_FORWARD_MASK);
}

inline std::uint64_t with_state(std::uint64_t backend_word, lb_backend_state state) {
    return (backend_word & ~LB_BACKEND_STATE_MASK) | state;
}

Address address_of(const std::uint8_t (&bytes)[16]);

}  // namespace lb::dataplane
