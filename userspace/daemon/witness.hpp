// SPDX-License-Identifier: Apache-2.0
/// Witness: asks the maps once a second how the clients' handshakes went, and says how many are to
/// be timed.  It tells people; it changes no state, slot or entry (plan/witness.hpp judges).
#pragma once

#include <map>
#include <vector>

#include "base/loop.hpp"
#include "daemon/forwarding.hpp"
#include "plan/witness.hpp"

namespace lb::daemon {

class Witness {
public:
    Witness(Loop& loop, const Forwarding& forwarding, dataplane::Dataplane& dataplane);

    /// About a backend of the published spec, a few seconds old.
    Testimony about(const BackendId& id) const;
    /// Of the backend with this index, since it is in the maps; a second old at most.
    Handshakes handshakes(std::uint32_t index) const;

private:
    struct Watched {
        std::uint32_t birth = 0;  ///< another: it is new, and so are its counters
        Handshakes total;
        std::uint64_t packets = 0;
        plan::WitnessShare share;
        plan::WitnessHistory history;
    };
    void look();
    Watched meet(const BackendEntry& entry, std::uint64_t packets) const;
    void look_at(std::uint32_t index, std::uint64_t packets);
    void judge();

    const Forwarding& forwarding_;
    dataplane::Dataplane& dataplane_;
    Timer timer_;
    std::vector<Watched> watched_;  // by index
    std::map<BackendId, Testimony> testimonies_;
    std::uint64_t looks_ = 0;
};

}  // namespace lb::daemon
