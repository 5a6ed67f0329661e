// SPDX-License-Identifier: Apache-2.0
#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

void print_generations(const Figures& figures, const Tally& tally, Text& text) {
    begin("build_info", text);
    text.add({{"version", figures.version}}, 1);
    begin("generation", text);
    text.add({}, figures.generation);
    begin("generation_confirmed", text);
    text.add({}, tally.generation_confirmed);
    begin("generation_pending", text);
    text.add({}, tally.generation_pending);
    begin("config_hash", text);
    text.add({}, number_of_hash(figures.config_hash));
    begin("config_apply_timestamp_seconds", text);
    text.add({}, tally.applied_at);
}

void print_changes(const Tally& tally, Text& text) {
    begin("config_refusals_total", text);
    for (const auto& [rule, count] : tally.refusals)
        text.add({{"rule", rule}}, count);
    begin("config_rollbacks_total", text);
    const auto& rollbacks = tally.lasting.rollbacks;
    for (std::size_t cause = 0; cause < rollbacks.size(); ++cause)
        text.add({{"cause", lb::text(static_cast<RollbackCause>(cause))}}, rollbacks[cause]);
    begin("config_rollback_timestamp_seconds", text);
    const auto& at = tally.lasting.rolled_back_at;
    for (std::size_t cause = 0; cause < at.size(); ++cause)
        text.add({{"cause", lb::text(static_cast<RollbackCause>(cause))}}, at[cause]);
    begin("config_unhealed_timestamp_seconds", text);
    text.add({}, tally.lasting.unhealed_at);
    begin("config_drift", text);
    text.add({{"kind", "file"}}, static_cast<int>(tally.file_drift));
    text.add({{"kind", "kernel"}}, static_cast<int>(tally.kernel_drift));
}

}  // namespace

void print_configuration(const Figures& figures, const Tally& tally, Text& text) {
    print_generations(figures, tally, text);
    print_changes(tally, text);
    begin("publish_duration_seconds", text);
    text.add({}, tally.publish);
    begin("publish_failures_total", text);
    text.add({}, tally.publish_failures);
}

}  // namespace lb::metrics
