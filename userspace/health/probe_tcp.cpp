// SPDX-License-Identifier: Apache-2.0
#include "health/probe_tcp.hpp"

#include <cerrno>

namespace lb::health {

void TcpProbe::connected() {
    if (!definition_->send.empty() && !send(definition_->send)) return;
    if (definition_->expect.empty()) return finish(classify(0, Met::on_the_wire));
    listen();
}

void TcpProbe::listen() {
    when_readable(
        [self = std::static_pointer_cast<TcpProbe>(shared_from_this())] { self->read(); });
}

void TcpProbe::read() {
    const auto piece = receive();
    if (!piece) return;
    if (piece->empty())
        return finish(failed(heard_.empty() ? CheckReason::backend_closed_early
                                            : CheckReason::backend_answer));
    heard_ += piece->substr(0, kMostReply - heard_.size());
    if (heard_.find(definition_->expect) != heard_.npos)
        return finish(classify(0, Met::on_the_wire));
    if (heard_.size() >= kMostReply) return finish(failed(CheckReason::backend_answer));
    listen();
}

}  // namespace lb::health
