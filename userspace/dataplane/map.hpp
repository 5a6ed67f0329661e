// SPDX-License-Identifier: Apache-2.0
/// The maps of bpf/maps.h, typed.  The file descriptors belong to whoever loaded them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "bpf/abi.h"
#include "model/tables.hpp"

namespace lb::dataplane {

/// Publishes all that was written before it to whoever loads this word.
template <class Word>
void store(Word& word, std::uint64_t value) {
    static_assert(sizeof(Word) == 8 && std::is_unsigned_v<Word>);
    std::atomic_ref{word}.store(value, std::memory_order_release);
}

/// Sees all that was written before the word's value was stored.
template <class Word>
std::uint64_t load(const Word& word) {
    static_assert(sizeof(Word) == 8 && std::is_unsigned_v<Word>);
    return std::atomic_ref{const_cast<Word&>(word)}.load(std::memory_order_acquire);
}

/// Owner of a mapping.  Invariant: `start` is null, or mapped for `bytes` and nobody else's.
class Mapping {
public:
    Mapping() = default;
    Mapping(Mapping&& other) noexcept
        : start_{std::exchange(other.start_, nullptr)}, bytes_{other.bytes_} {}
    Mapping& operator=(Mapping&& other) noexcept {
        Mapping taken{std::move(other)};
        std::swap(start_, taken.start_);
        std::swap(bytes_, taken.bytes_);
        return *this;
    }
    ~Mapping();

    /// Shared, writable, present from the start.
    static Result<Mapping> of(int map_fd, std::size_t bytes);
    void* start() const { return start_; }

private:
    void* start_ = nullptr;
    std::size_t bytes_ = 0;
};

/// An array map seen through its mapping: reads and writes are plain memory, no system call.
template <class T>
class Array {
public:
    static_assert(sizeof(T) % 8 == 0, "the kernel lays elements out in multiples of 8 bytes");

    static Result<Array> of(int map_fd, std::uint32_t entries) {
        auto mapping = Mapping::of(map_fd, sizeof(T) * entries);
        if (!mapping) return mapping.error();
        Array array;
        array.entries_ = {static_cast<T*>(mapping->start()), entries};
        array.mapping_ = std::move(*mapping);
        return array;
    }
    T& operator[](std::size_t index) { return entries_[index]; }
    const T& operator[](std::size_t index) const { return entries_[index]; }
    std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
    std::span<T> all() { return entries_; }
    std::span<const T> all() const { return entries_; }
    std::span<T> part(std::size_t first, std::size_t count) {
        return entries_.subspan(first, count);
    }
    std::span<const T> part(std::size_t first, std::size_t count) const {
        return entries_.subspan(first, count);
    }

private:
    Mapping mapping_;
    std::span<T> entries_;
};

using AddressNumbers = std::map<Address, std::uint32_t>;

/// addresses: the address of a vip -> its number.
class Addresses {
public:
    Addresses() = default;
    explicit Addresses(int map_fd) : fd_{map_fd} {}

    std::optional<std::uint32_t> find(const Address& address) const;
    /// Everything in it.
    Result<AddressNumbers> all() const;
    Result<> put(const Address& address, std::uint32_t number);
    Result<> erase(const Address& address);

private:
    int fd_ = -1;
};

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
    Array<lb_settings> settings;
    Array<lb_meta> meta;
    int verdicts = -1;
    int flows = -1;
    int vip_flows = -1;
    int vip_counts = -1;
    int backend_counts = -1;
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
