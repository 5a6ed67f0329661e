// SPDX-License-Identifier: Apache-2.0
/// The handshake witness, for the model: docs/decisions/0025-witness.md.
#pragma once

#include <map>

#include "model_answer.hpp"
#include "model_tables.hpp"

namespace lb::test::model {

/// What is counted for a backend; how long it took is not the model's.
struct WitnessCounts {
    std::uint64_t samples = 0, completed = 0;
    bool operator==(const WitnessCounts&) const = default;
};

class Witness {
public:
    /// A packet that has a backend, at a second.
    void see(const Seen& seen, const Answer& answer, const Tables& tables, std::uint32_t now) {
        if (answer.flow.protocol != IPPROTO_TCP || answer.is_quote || !answer.hash) return;
        const auto& backend = tables.backends[*answer.backend];
        const auto low = static_cast<std::uint32_t>(*answer.hash);
        if (low >= backend.witness_looks) return;
        const Handshake handshake{answer.flow, *answer.backend, backend.birth, now};
        const auto place = place_of(*answer.hash, answer.flow);
        constexpr unsigned kSyn = 0x02, kRst = 0x04, kAck = 0x10;
        if ((seen.tcp_flags & (kSyn | kAck)) == kSyn) {
            if (low < backend.witness_begins) begin(place, handshake);
        } else if ((seen.tcp_flags & (kSyn | kRst | kAck)) == kAck) {
            end(place, handshake);
        }
    }
    WitnessCounts counts(std::uint32_t backend) { return counts_[backend]; }
    void forget() { waiting_.clear(); }

private:
    struct Handshake {
        Flow flow;
        std::uint32_t backend, birth, began;
        bool is_of(const Handshake& other) const {
            return flow == other.flow && backend == other.backend && birth == other.birth;
        }
    };
    void begin(std::size_t place, const Handshake& handshake) {
        const auto found = waiting_.find(place);
        if (found != waiting_.end()) {
            const auto& old = found->second;
            const std::uint32_t taken_for = old.is_of(handshake) ? 60 : 3;
            if (handshake.began - old.began < taken_for) return;
        }
        waiting_.insert_or_assign(place, handshake);
        ++counts_[handshake.backend].samples;
    }
    void end(std::size_t place, const Handshake& handshake) {
        const auto found = waiting_.find(place);
        if (found == waiting_.end() || !found->second.is_of(handshake)) return;
        if (handshake.began - found->second.began >= 3) return;
        waiting_.erase(found);
        ++counts_[handshake.backend].completed;
    }
    /// By the hash and the ports, as they lie in a packet.
    static std::size_t place_of(std::uint64_t hash, const Flow& flow) {
        std::uint64_t ports = 0;
        for (const auto port : {flow.destination.port, flow.source.port}) {
            const auto swapped = static_cast<std::uint16_t>(port << 8 | port >> 8);
            ports = ports << 16 | swapped;
        }
        return (hash + ports * 0x9e3779b97f4a7c15ull) >> 32 & 8191;
    }
    std::map<std::size_t, Handshake> waiting_;
    std::map<std::uint32_t, WitnessCounts> counts_;
};

}  // namespace lb::test::model
