// SPDX-License-Identifier: Apache-2.0
/// Interpreter: walks a loaded XDP program instruction by instruction and counts them.
///
/// The kernel does not say how many instructions a packet took; this does, exactly, for the BPF
/// instructions as the kernel was given them.  The program reads the real maps; what it stores into
/// maps that cannot be mapped into memory (hashes, counters) is forgotten.  It must have passed the
/// verifier: nothing is checked here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include <linux/bpf.h>

#include "support/packet.hpp"

namespace lb::bench {

struct Steps {
    int action = -1;  ///< XDP_PASS, ...
    test::Frame packet{};
    std::uint64_t instructions = 0;  ///< executed; a call counts as one
    std::uint64_t calls = 0;         ///< of helpers; lookups in arrays are inlined by the kernel
};

/// A map of the kernel as the program sees it: by pointers to its values.
class MapView {
public:
    /// By a descriptor that somebody else owns.
    explicit MapView(int fd);
    ~MapView();
    MapView(const MapView&) = delete;

    /// Valid until the next lookup in the same map; nullptr if there is none.
    void* lookup(const void* key);
    /// The value of a map that has only one: variables.
    void* variables() { return memory_; }
    /// The kernel inlines lookups in arrays.
    bool is_array() const { return array_; }

private:
    int fd_;
    bool array_ = false;
    std::uint32_t entries_ = 0;
    std::size_t value_size_ = 0;
    std::size_t memory_size_ = 0;
    void* memory_ = nullptr;
    std::vector<std::uint64_t> value_;
};

class Interpreter {
public:
    explicit Interpreter(std::span<const bpf_insn> program) : program_{program} {}
    /// What happens to a frame that came in on `ifindex`.  Throws std::runtime_error at an
    /// instruction or a helper that it does not know.
    Steps run(const test::Frame& frame, std::uint32_t ifindex);

private:
    struct Packet;
    struct Machine;

    void step(Machine& machine);
    void arithmetic(Machine& machine, const bpf_insn& instruction);
    void load_constant(Machine& machine, const bpf_insn& instruction);
    void jump(Machine& machine, const bpf_insn& instruction);
    void help(Machine& machine, std::int32_t helper);
    MapView& view(int fd);

    std::span<const bpf_insn> program_;
    std::map<int, std::unique_ptr<MapView>> views_;
};

}  // namespace lb::bench
