// SPDX-License-Identifier: Apache-2.0
/// Model: what must become of a frame, written a second time.
///
/// From docs/ and the RFCs, over plain bytes; it shares no code with bpf/, only the names of the
/// verdicts.  Slow and obvious on purpose: each kind of packet, each table and each way out is one
/// function.  model_seen reads a frame, model.cpp finds its vip and backend (with model_icmp,
/// model_notes, model_tracking), model_leaving and model_reply build what leaves.  Numbers are in
/// host order.
#pragma once

#include <cstdint>
#include <optional>

#include "model_answer.hpp"
#include "model_notes.hpp"
#include "model_tracking.hpp"
#include "model_witness.hpp"

namespace lb::test::model {

class Model {
public:
    explicit Model(Tables tables) : tables_{std::move(tables)} {}
    Model(const Model&) = delete;  // its parts know each other
    Model& operator=(const Model&) = delete;

    /// What must become of a frame that came in through `ingress`.
    Answer receive(const Bytes& frame, std::uint32_t ingress);

    Tables& tables() { return tables_; }
    Clock& clock() { return clock_; }
    const Tracking& tracking() const { return tracking_; }
    FlowCounts flow_counts(std::uint32_t vip) { return tracking_.counts(vip); }
    WitnessCounts witness_counts(std::uint32_t backend) { return witness_.counts(backend); }
    /// What packets have left here, as if none had come.
    void forget() {
        tracking_.forget();
        notes_.forget();
        witness_.forget();
    }

private:
    lb_verdict judge(const Bytes& frame, std::uint32_t ingress, Answer& answer);
    lb_verdict find_vip(const Seen& seen, Answer& answer) const;
    lb_verdict meet_icmp(const Bytes& frame, const Seen& seen, Answer& answer);
    lb_verdict meet_error(const Bytes& frame, const Seen& seen, Answer& answer);
    lb_verdict route(const Seen& seen, Answer& answer);
    lb_verdict follow_note(const Seen& seen, Answer& answer);
    lb_verdict choose_backend(const Seen& seen, Answer& answer);
    lb_verdict use(std::uint32_t backend, Answer& answer) const;
    lb_verdict answer_too_big(const Bytes& frame, const Seen& seen, Answer& answer);

    const Place* place_of(const Address& address) const;
    bool is_astray(const Address& address) const;
    std::optional<std::uint32_t> service(const Address& address, std::uint8_t protocol,
                                         std::uint16_t port) const;
    lb_verdict unmatched(const Seen& seen) const;

    Tables tables_;
    Clock clock_;
    Tracking tracking_{tables_, clock_};
    Notes notes_;
    Witness witness_;
};

}  // namespace lb::test::model
