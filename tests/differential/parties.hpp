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
    std::vector<model::FlowCounts> tracking;        ///< by vip
    std::map<model::Flow, model::FlowEntry> flows;  ///< but for the time, which each has his own
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
    void forget_flows() { world_.clear("flows"); }
    Traces traces();

private:
    explain::World world_;
    lb_found found_{};
};

class Kernel {
public:
    /// Throws std::runtime_error if the object does not load.
    explicit Kernel(const model::Tables& tables);
    void rewrite(const model::Tables& tables);
    Run receive(const Frame& frame);
    Traces traces();

private:
    int map(const std::string& name) const;

    std::unique_ptr<bpf_object, void (*)(bpf_object*)> object_;
    int program_ = -1;
};

}  // namespace lb::test
