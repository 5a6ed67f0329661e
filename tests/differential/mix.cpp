// SPDX-License-Identifier: Apache-2.0
#include "mix.hpp"

#include <set>
#include <vector>

namespace lb::test {
namespace {

/// What reaches deep, beside the verdicts.
std::vector<std::string> deep_kinds(const model::Answer& answer) {
    std::vector<std::string> kinds;
    if (answer.verdict != LB_FORWARD && answer.verdict != LB_FORWARD_REDIRECT) return kinds;
    if (answer.is_quote) kinds.emplace_back("forward of an error");
    if (answer.is_later_fragment) kinds.emplace_back("forward of a later fragment");
    if (answer.is_chance) kinds.emplace_back("forward by chance");
    return kinds;
}

/// No helper fails here, so no frame meets it.
bool is_expected(lb_verdict verdict) {
    return verdict != LB_NEXT && verdict != LB_DROP_ENCAP;
}

std::string text(const model::FlowKey& key, const model::FlowEntry& entry) {
    return key.flow.source.text() + " -> " + key.flow.destination.text() + " protocol " +
           std::to_string(key.flow.protocol) + " backend " + std::to_string(entry.backend) +
           " birth " + std::to_string(entry.birth) + " kind " + std::to_string(entry.kind) +
           " tag " + std::to_string(entry.tag) + " slot " + std::to_string(entry.slot) +
           (key.vip ? " vip " + std::to_string(*key.vip) : "");
}

std::set<std::string> lines(const Traces& traces) {
    std::set<std::string> lines;
    for (std::size_t i = 0; i < traces.verdicts.size(); ++i)
        lines.insert(Mix::name(static_cast<lb_verdict>(i)) + " " +
                     std::to_string(traces.verdicts[i]));
    for (const auto* list : {&traces.vips, &traces.backends})
        for (std::size_t i = 0; i < list->size(); ++i)
            lines.insert((list == &traces.vips ? "vip " : "backend ") + std::to_string(i) + ": " +
                         std::to_string((*list)[i].packets) + " packets, " +
                         std::to_string((*list)[i].bytes) + " bytes");
    for (std::size_t i = 0; i < traces.new_flows.size(); ++i)
        lines.insert("new flows of backend " + std::to_string(i) + ": " +
                     std::to_string(traces.new_flows[i]));
    for (std::size_t i = 0; i < traces.tracking.size(); ++i)
        lines.insert("tracking of vip " + std::to_string(i) + ": " +
                     std::to_string(traces.tracking[i].inserted) + " inserted, " +
                     std::to_string(traces.tracking[i].refused) + " refused, " +
                     std::to_string(traces.tracking[i].rerouted) + " rerouted");
    for (std::size_t i = 0; i < traces.witness.size(); ++i)
        lines.insert("handshakes of backend " + std::to_string(i) + ": " +
                     std::to_string(traces.witness[i].samples) + " timed, " +
                     std::to_string(traces.witness[i].completed) + " completed");
    for (const auto& [key, entry] : traces.flows)
        lines.insert("flow " + text(key, entry));
    return lines;
}

}  // namespace

std::string Mix::name(lb_verdict verdict) {
    switch (verdict) {
#define LB_NAME(verdict, name) \
    case verdict:              \
        return name;
        LB_VERDICTS(LB_NAME)
#undef LB_NAME
        default:
            return "none";
    }
}

void Mix::add(const model::Answer& answer) {
    ++frames_;
    ++counts_[name(answer.verdict)];
    for (const auto& kind : deep_kinds(answer))
        ++counts_[kind];
}

void Mix::add(const Mix& other) {
    frames_ += other.frames_;
    for (const auto& [kind, count] : other.counts_)
        counts_[kind] += count;
}

std::string Mix::text() const {
    std::string text = std::to_string(frames_) + " frames\n";
    for (const auto& [kind, count] : counts_)
        text += "  " + std::to_string(count) + " " + kind + "\n";
    return text;
}

std::string Mix::missing() const {
    const auto times = [this](const std::string& kind) {
        const auto found = counts_.find(kind);
        return found == counts_.end() ? 0 : found->second;
    };
    std::string missing;
    for (int verdict = 0; verdict < LB_VERDICT_COUNT; ++verdict) {
        const auto which = static_cast<lb_verdict>(verdict);
        if (is_expected(which) && times(name(which)) == 0) missing += name(which) + "\n";
    }
    for (const std::string kind : {"forward of an error", "forward of a later fragment",
                                   "forward by chance", "reply_echo", "reply_too_big"})
        if (times(kind) < frames_ / 300) missing += "more of " + kind + "\n";
    return missing;
}

std::string difference(const Traces& is, const Traces& should_be) {
    const auto one = lines(is), other = lines(should_be);
    std::string text;
    for (const auto& line : one)
        if (!other.contains(line)) text += "is        " + line + "\n";
    for (const auto& line : other)
        if (!one.contains(line)) text += "should be " + line + "\n";
    return text;
}

}  // namespace lb::test
