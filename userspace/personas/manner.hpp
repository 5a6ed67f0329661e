// SPDX-License-Identifier: Apache-2.0
/// Manner: how a persona behaves on a connection, whatever it has to say.
#pragma once

#include "base/duration.hpp"
#include "personas/persona.hpp"

namespace lb::personas {

struct Manner {
    milliseconds delay{0};     ///< before each thing that it says
    milliseconds per_byte{0};  ///< 0: all at once
    bool is_mute = false;      ///< listens, and that is all
    bool is_done = false;      ///< closes its side at once, and listens
};

/// `timeout` of the check: what is late is late for it.
inline Manner manner(Persona persona, milliseconds timeout) {
    Manner manner;
    if (persona == Persona::slow) manner.delay = 2 * timeout;
    if (persona == Persona::dribble) manner.per_byte = timeout / 8;
    manner.is_mute = persona == Persona::accept_then_hang || persona == Persona::udp_silent;
    manner.is_done = persona == Persona::half_close;
    return manner;
}

}  // namespace lb::personas
