// SPDX-License-Identifier: Apache-2.0
/// Two of the three parties of the differential test: the program in the kernel, and the same C
/// compiled natively.  The third is model.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "explain/world.hpp"
#include "model.hpp"
#include "scene.hpp"
#include "support/test_run.hpp"

struct bpf_object;

namespace lb::test {

/// All that the program leaves in the maps; per-CPU maps are summed up.
struct Traces {
    struct Count {
        std::uint64_t packets = 0, bytes = 0;
        bool operator==(const Count&) const = default;
    };
    std::vector<std::uint64_t> verdicts;
    std::vector<Count> vips, backends;
    std::vector<std::uint64_t> new_flows;              ///< by backend
    std::vector<model::FlowCounts> tracking;           ///< by vip
    std::vector<model::WitnessCounts> witness;         ///< by backend
    std::map<model::FlowKey, model::FlowEntry> flows;  ///< but for the time, which each has his own
    bool operator==(const Traces&) const = default;
};

/// A flow entry as it lies in the map.
void add_flow(Traces& traces, const Bytes& key, const Bytes& value);

class Native {
public:
    explicit Native(const model::Tables& tables);
    void rewrite(const model::Tables& tables);
    Run receive(const Frame& frame);  ///< the packet also if it is dropped
    /// Of the last frame: what the kernel does not tell.
    const lb_found& found() const { return found_; }
    void pass(std::uint32_t seconds) { world_.set_now(world_.now() + seconds * 1'000'000'000ull); }
    /// What packets have left, as if none had come.
    void forget();
    Traces traces();

private:
    explain::World world_;
    lb_found found_{};
};

/// Loaded once, for all scenes: the verifier takes longer than a scene.
class Kernel {
public:
    /// Throws std::runtime_error if the object does not load.
    Kernel();
    /// Another scene: nothing in the maps but these tables.
    void begin(const model::Tables& tables);
    void rewrite(const model::Tables& tables);
    Run receive(const Frame& frame);
    /// Makes notes about fragments and handshakes older; the kernel's clock cannot be set.
    void pass(std::uint32_t seconds);
    Traces traces();

private:
    int map(const std::string& name) const;
    void unlink(const model::Tables& tables);

    model::Tables tables_;  ///< of the scene
    std::unique_ptr<bpf_object, void (*)(bpf_object*)> object_;
    int program_ = -1;
};

}  // namespace lb::test
