// SPDX-License-Identifier: Apache-2.0
/// Event: one thing that happened to what is forwarded, or to lbd itself; a line of the event log
/// (docs/events.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/health.hpp"

namespace lb {

/// Who did it, as the kernel says.
struct Actor {
    unsigned uid = 0;
    std::optional<unsigned> login_uid{};  ///< who logged in, whatever sudo made of them since
    std::string via{};                    ///< the program at the other end of the socket: "lbctl"
};

/// How the object was, or all vips together if there is none.
struct Measure {
    int healthy = 0;                     ///< UP and ready
    int eligible = 0;                    ///< may have new flows
    std::optional<double> packets{};     ///< a second
    std::optional<double> completion{};  ///< of the clients' handshakes, 0..1
    std::string table{};                 ///< equal exactly if everybody gets what they got
    int backends = 0;                    ///< in all; 0: a line of an lbd that did not count them
};

/// What a generation did to the service: it belongs to it for ever.
struct Impact {
    std::uint64_t generation = 0;
    Measure before;                   ///< its publication
    std::optional<Measure> during{};  ///< at the end of its verify window
    std::optional<Measure> after{};   ///< five minutes after its publication
    std::string undone{};             ///< why; empty: it was not
};

struct Event {
    std::uint64_t seq = 0;  ///< one more than the one before, also over restarts
    WallTime at{};
    std::string kind;              ///< "config.publish"
    std::uint64_t generation = 0;  ///< that runs afterwards
    std::uint64_t previous = 0;    ///< that ran before; 0: it is the same
    std::string cause;             ///< one of those in docs/events.md
    std::optional<Actor> actor{};
    std::string change_id{};
    std::string comment{};
    std::vector<std::string> accepts{};    ///< "LB701:web": rules that were to be let pass
    std::string accept_reason{};           ///< why
    std::string vip{}, pool{}, backend{};  ///< the object; all empty: lbd
    std::string state{};  ///< that it has come to: "DOWN", "fail_open", "BROKEN"; else empty
    std::vector<std::string> differences{};
    std::optional<Measure> before{}, after{};
    std::string reason{};
};

}  // namespace lb
