// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

/// 12 hexadecimal digits: a double holds them exactly.
std::uint64_t number_of(const std::string& hash) {
    std::uint64_t value = 0;
    (void)std::from_chars(hash.data(), hash.data() + hash.size(), value, 16);
    return value;
}

void print_generations(const Figures& figures, const Tally& tally, Text& text) {
    text.begin("build_info", Kind::gauge, "What runs; always 1.");
    text.add({{"version", figures.version}}, 1);
    text.begin("generation", Kind::gauge, "Number of the running generation.");
    text.add({}, figures.generation);
    text.begin("generation_confirmed", Kind::gauge, "Number of the newest confirmed generation.");
    text.add({}, tally.generation_confirmed);
    text.begin("generation_pending", Kind::gauge,
               "Number of the generation that waits for its confirmation, 0 if none does.");
    text.add({}, tally.generation_pending);
    text.begin("config_hash", Kind::gauge,
               "Hash of the running configuration: the same on hosts that run the same.");
    text.add({}, number_of(figures.config_hash));
    text.begin("config_apply_timestamp_seconds", Kind::gauge,
               "When the running generation was published.");
    text.add({}, tally.applied_at);
}

void print_changes(const Tally& tally, Text& text) {
    text.begin("config_refusals_total", Kind::counter,
               "Changes that were refused, by the rule that they broke.");
    for (const auto& [rule, count] : tally.refusals)
        text.add({{"rule", rule}}, count);
    text.begin("config_rollbacks_total", Kind::counter,
               "Returns to an earlier generation, by their cause; a restart keeps them.");
    const auto& rollbacks = tally.lasting.rollbacks;
    for (std::size_t cause = 0; cause < rollbacks.size(); ++cause)
        text.add({{"cause", lb::text(static_cast<RollbackCause>(cause))}}, rollbacks[cause]);
    text.begin("config_drift", Kind::gauge,
               "1 if the configuration file, or what the kernel holds, differs from the running "
               "generation.");
    text.add({{"kind", "file"}}, static_cast<int>(tally.file_drift));
    text.add({{"kind", "kernel"}}, static_cast<int>(tally.kernel_drift));
}

}  // namespace

void print_configuration(const Figures& figures, const Tally& tally, Text& text) {
    print_generations(figures, tally, text);
    print_changes(tally, text);
    text.begin("publish_duration_seconds", Kind::histogram,
               "How long it took to write a generation into the kernel, failed attempts included.");
    text.add({}, tally.publish);
    text.begin("publish_failures_total", Kind::counter,
               "Generations that could not be stored or written; the one before runs on.");
    text.add({}, tally.publish_failures);
}

}  // namespace lb::metrics
