// SPDX-License-Identifier: Apache-2.0
/// diagnosis: facts -> troubles.  Why packets do not get from here to the backends, or not through
/// them, in the order of their way.  Pure; cli/ collects the facts (cli/looking.hpp).
#pragma once

#include <span>

#include "model/diagnosis.hpp"

namespace lb::diagnosis {

/// Everything that is known of one host that should forward.
struct Scene {
    const Spec& spec;
    const HostFacts& host;
    const ForwardingFacts& facts;
};

/// The troubles of lbd, its program, vips, ways and packets.
Troubles of_forwarding(const Scene& scene);
/// "lbd 0.1.0, generation 3: ..., in 1000 ms 120 packets forwarded, 0 dropped"
std::string summary(const ForwardingFacts& facts);
/// Whether a check, made now, may tell why it gets no packets or answers none.
bool is_in_doubt(const BackendView& backend);

/// The troubles of a host that should be a backend.
Troubles of_backend(const BackendFacts& facts);

/// What it means that packets ended with this verdict, and what to do.
struct DropMeaning {
    const char* verdict;
    Severity severity;
    const char* why;
    const char* fix;
};
/// Every verdict that drops.
std::span<const DropMeaning> drop_meanings();

// ------------------------------------------------------------------ the layers of of_forwarding()

void look_at_lbd(const Scene& scene, Troubles& found);
void look_at_programs(const Scene& scene, Troubles& found);
void look_at_vips(const Scene& scene, Troubles& found);
void look_at_ways(const Scene& scene, Troubles& found);
void look_at_drops(const Scene& scene, Troubles& found);

}  // namespace lb::diagnosis
