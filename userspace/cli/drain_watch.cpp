// SPDX-License-Identifier: Apache-2.0
#include "cli/drain_watch.hpp"

namespace lb::cli {

DrainWatch::State DrainWatch::look(const BackendView& backend, Time now) {
    if (backend.state != AdminState::drain) return State::undrained;
    if (backend.flows == Flows::none)
        return backend.health.verdict == HealthVerdict::up ? State::over : State::off;
    if (packets_ != backend.count.packets) quiet_since_ = now;
    packets_ = backend.count.packets;
    return now - quiet_since_ >= kQuiet ? State::quiet : State::waiting;
}

std::string sentence(DrainWatch::State state, const BackendView& backend) {
    const auto name = backend.id.text() + ": ";
    switch (state) {
        case DrainWatch::State::waiting:
            return name + "still gets packets";
        case DrainWatch::State::quiet:
            return name + "no packet for " + std::to_string(DrainWatch::kQuiet.count()) + " s";
        case DrainWatch::State::over:
            return name + "drain_timeout is over, it gets no packets";
        case DrainWatch::State::off:
            return name + "it is " + text(backend.health.state) + " and gets no packets";
        case DrainWatch::State::undrained:
            break;
    }
    return name + "does not drain any more, it is " + text(backend.state);
}

}  // namespace lb::cli
