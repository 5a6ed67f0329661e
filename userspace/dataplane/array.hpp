// SPDX-License-Identifier: Apache-2.0
/// Array maps as plain memory, and the words that are shared with packets.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "bpf/abi.h"

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

}  // namespace lb::dataplane
