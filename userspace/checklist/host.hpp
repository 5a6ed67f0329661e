// SPDX-License-Identifier: Apache-2.0
/// host: the rules about the host under an lbd, for a configuration that runs there or is to run.
///
/// `lbctl doctor`, `lbctl check --host` and lbd's own apply ask them; host/ finds out the facts.
/// Nobody can accept what they find: it is mended on the host, with the command that they name.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "checklist/rules.hpp"
#include "model/host.hpp"

namespace lb::checklist {

struct HostRule {
    std::string_view id;
    Severity severity;
    std::string_view title;
    void (*apply)(const HostFacts&, const Spec&, Report&);
};

/// Every rule about hosts, once, sorted by id.
std::span<const HostRule> host_rules();

/// What each of them says, also that it has nothing to say.
std::vector<HostVerdict> judge(const HostFacts& facts, const Spec& spec);
/// The findings of these, errors and warnings.
Findings review(const HostFacts& facts, const Spec& spec);

// rules_host.cpp
void the_kernel_has_what_it_takes(const HostFacts& facts, const Spec& spec, Report& report);
void no_other_program_is_there(const HostFacts& facts, const Spec& spec, Report& report);
void checks_have_descriptors(const HostFacts& facts, const Spec& spec, Report& report);
void interfaces_exist(const HostFacts& facts, const Spec& spec, Report& report);
void tags_reach_the_program(const HostFacts& facts, const Spec& spec, Report& report);
void every_cpu_has_a_queue(const HostFacts& facts, const Spec& spec, Report& report);
void packets_come_as_they_were(const HostFacts& facts, const Spec& spec, Report& report);
void the_driver_does_xdp(const HostFacts& facts, const Spec& spec, Report& report);
void somebody_can_be_told(const HostFacts& facts, const Spec& spec, Report& report);
void the_hook_can_be_run(const HostFacts& facts, const Spec& spec, Report& report);

// rules_host_ways.cpp
void tunnels_fit(const HostFacts& facts, const Spec& spec, Report& report);
void nobody_is_locked_out(const HostFacts& facts, const Spec& spec, Report& report);
void backends_are_elsewhere(const HostFacts& facts, const Spec& spec, Report& report);
void answers_get_in(const HostFacts& facts, const Spec& spec, Report& report);
void l2_stays_on_its_network(const HostFacts& facts, const Spec& spec, Report& report);

}  // namespace lb::checklist
