// SPDX-License-Identifier: Apache-2.0
#include "model/activity.hpp"
#include "model/json_io.hpp"

namespace lb {
namespace json {

void fields(Writer& io, const Rate& rate) {
    io("packets_per_second", rate.packets);
    io("bytes_per_second", rate.bytes);
}

void fields(Writer& io, const Greetings& greetings) {
    const bool are_any = greetings.samples > 0;
    io("samples", greetings.samples);
    io("ratio", are_any ? std::optional{greetings.ratio} : std::nullopt);
    io.maybe_milliseconds("latency_ms", are_any ? std::optional{greetings.latency} : std::nullopt);
}

void fields(Writer& io, const VipActivity& each) {
    io("name", each.vip.name);
    io("mode", each.vip.mode);
    io("healthy", each.vip.healthy);
    io("ready", each.vip.ready);
    io("eligible", each.eligible);
    fields(io, each.rate);
    io("witness", each.greetings);
}

void fields(Writer& io, const BackendActivity& each) {
    const auto& backend = each.backend;
    io("name", backend.id.backend);
    io("pool", backend.id.pool);
    io("state", backend.state);
    io("health", backend.health.state);
    io("since", backend.health.since);
    io("eligible", backend.eligible);
    fields(io, each.rate);
    io("witness",
       Greetings{backend.witness.samples, backend.witness.ratio, backend.witness.latency});
}

std::string print_line(const ActivityView& activity) {
    auto writer = new_document();
    writer("at", activity.at);
    writer("generation", activity.generation);
    writer("problems", activity.problems);
    writer("vips", activity.vips);
    writer("backends", activity.backends);
    return writer.object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace json
}  // namespace lb
