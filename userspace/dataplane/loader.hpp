// SPDX-License-Identifier: Apache-2.0
/// Loader: pinned maps or new ones, and the program on them.
///
/// Adoption proves first: type, sizes and flags of every map before any access, then magic, layout
/// and seed.  What does not fit is refused with what differs; nothing is converted or recreated.
#pragma once

#include <memory>

#include "base/result.hpp"
#include "base/siphash.hpp"
#include "dataplane/map.hpp"
#include "dataplane/pins.hpp"

struct lb_bpf;

namespace lb::dataplane {

/// The loaded object.  Its maps and program close with it, what is pinned or attached stays.
struct Loaded {
    std::unique_ptr<lb_bpf, void (*)(lb_bpf*)> object;
    Maps maps;
    int program = -1;
    bool adopted = false;
};

Result<Loaded> load(const Pins& pins, const Limits& limits, const Seed& seed);

}  // namespace lb::dataplane
