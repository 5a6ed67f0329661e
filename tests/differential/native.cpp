// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include <arpa/inet.h>

#include "bpf/hash.h"
#include "parties.hpp"

namespace lb::test {
namespace {

constexpr std::size_t kHeadroom = 256, kTailroom = 64;
constexpr std::size_t kUnaligned = 2;  // so that what follows Ethernet lies at a multiple of 4

template <class T>
T value_of(const std::map<Bytes, Bytes>& contents, std::uint32_t index) {
    T value{};
    const auto* key = reinterpret_cast<const std::uint8_t*>(&index);
    const auto found = contents.find({key, key + sizeof(index)});
    if (found != contents.end()) std::memcpy(&value, found->second.data(), sizeof(value));
    return value;
}

}  // namespace

void add_flow(Traces& traces, const Bytes& key, const Bytes& value) {
    lb_flow raw{};
    lb_flow_entry entry{};
    std::memcpy(&raw, key.data(), sizeof(raw));
    std::memcpy(&entry, value.data(), sizeof(entry));
    model::Flow flow;
    std::ranges::copy(raw.source, flow.source.address.bytes.begin());
    std::ranges::copy(raw.destination, flow.destination.address.bytes.begin());
    flow.source.port = ntohs(raw.source_port_be);
    flow.destination.port = ntohs(raw.destination_port_be);
    flow.protocol = raw.protocol;
    const auto vip = raw.vip[0] | std::uint32_t{raw.vip[1]} << 8 | std::uint32_t{raw.vip[2]} << 16;
    const auto number = vip == 0 ? std::nullopt : std::optional{vip - 1};
    traces.flows[{flow, number}] = {
        static_cast<std::uint32_t>(entry.word & LB_SLOT_INDEX_MASK),
        static_cast<std::uint32_t>(entry.word >> LB_FLOW_BIRTH_SHIFT & LB_BACKEND_BIRTH_MASK),
        static_cast<std::uint16_t>(entry.word >> LB_FLOW_TAG_SHIFT),
        static_cast<lb_flow_kind>(entry.word >> LB_FLOW_KIND_SHIFT), entry.slot};
}

Native::Native(const model::Tables& tables) {
    world_.resize("vips", kSceneLimits.vips);
    world_.resize("addresses", kSceneLimits.addresses);
    world_.resize("services", kSceneLimits.services);
    world_.resize("slots", kSceneLimits.slots);
    world_.resize("backends", kSceneLimits.backends);
    world_.resize("flows", kSceneLimits.flows);
    world_.resize("new_flows", kSceneLimits.backends);
    world_.resize("backend_witness", kSceneLimits.backends);
    world_.set_now(1'000'000'000);  // it is never 0 in a kernel
    rewrite(tables);
}

void Native::rewrite(const model::Tables& tables) {
    write(tables, [this](const std::string& map, const Bytes& key, const Bytes& value) {
        world_.put(map, key, value);
    });
}

Run Native::receive(const Frame& frame) {
    const auto& bytes = frame.bytes;
    // New for each frame, dirty, and no longer than it must be: ASan sees all that lies around it.
    Bytes room(kHeadroom + kUnaligned + bytes.size() + kTailroom, 0xa5);
    auto* start = room.data() + kHeadroom + kUnaligned;
    std::ranges::copy(bytes, start);
    lb_frame raw{room.data(), room.data() + room.size(), start, start + bytes.size(), kIngress};
    found_ = world_.run(raw);
    return {found_.action, {Bytes(raw.start, raw.end)}};
}

void Native::forget() {
    for (const char* map : {"flows", "notes", "budgets", "handshakes"})
        world_.clear(map);
}

Traces Native::traces() {
    Traces traces;
    const auto verdicts = value_of<lb_verdict_counts>(world_.contents("verdicts"), 0);
    traces.verdicts.assign(std::begin(verdicts.packets), std::end(verdicts.packets));
    for (std::uint32_t i = 0; i < kSceneLimits.vips; ++i) {
        const auto count = value_of<lb_count>(world_.contents("vip_counts"), i);
        const auto flows = value_of<lb_flow_counts>(world_.contents("vip_flows"), i);
        traces.vips.push_back({count.packets, count.bytes});
        traces.tracking.push_back({flows.inserted, flows.refused, flows.rerouted});
    }
    for (std::uint32_t i = 0; i < kSceneLimits.backends; ++i) {
        const auto count = value_of<lb_count>(world_.contents("backend_counts"), i);
        const auto witness = value_of<lb_witness_counts>(world_.contents("backend_witness"), i);
        traces.backends.push_back({count.packets, count.bytes});
        traces.new_flows.push_back(value_of<std::uint64_t>(world_.contents("new_flows"), i));
        traces.witness.push_back({witness.samples, witness.completed});
    }
    for (const auto& [key, value] : world_.contents("flows"))
        add_flow(traces, key, value);
    return traces;
}

}  // namespace lb::test
