// SPDX-License-Identifier: Apache-2.0
/// Two of the three parties of the differential test: the program in the kernel, and the same C
/// compiled natively.  The third is model.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "explain/world.hpp"
#include "scene.hpp"
#include "support/test_run.hpp"

struct bpf_object;

namespace lb::test {

/// All that the maps count; per-CPU maps are summed up.
struct Counters {
    std::vector<std::uint64_t> verdicts;
    std::vector<lb_count> vips, backends;
    bool operator==(const Counters& other) const;
};

class Native {
public:
    explicit Native(const model::Tables& tables);
    Run receive(const Frame& frame);  ///< the packet also if it is dropped
    /// Of the last frame: what the kernel does not tell.
    const lb_found& found() const { return found_; }
    Counters counters();

private:
    explain::World world_;
    lb_found found_{};
};

class Kernel {
public:
    /// Throws std::runtime_error if the object does not load.
    explicit Kernel(const model::Tables& tables);
    Run receive(const Frame& frame);
    Counters counters();

private:
    int map(const std::string& name) const;

    std::unique_ptr<bpf_object, void (*)(bpf_object*)> object_;
    int program_ = -1;
};

}  // namespace lb::test
