// SPDX-License-Identifier: Apache-2.0
#include "model/event_kind.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace lb {
namespace {

/// A new kind gets a number of its own (`journalctl --new-id128`); none is ever used for another.
constexpr std::array kKinds{
    EventKind{"config.publish", "67e40b9b9d21419982d7755ee755f3ce"},
    EventKind{"config.refuse", "de312145bfd54093aa26b31f910498dd"},
    EventKind{"config.accept", "a92aaa849a6348d6af1ca5801987022d"},
    EventKind{"config.confirm", "1804da8bea594c9e9cfb335d86d42b77"},
    EventKind{"config.regression", "56a787a6f91248ee8b3a81c5a8bc999c"},
    EventKind{"config.rollback", "b32b59499a6644a98e0dd10369c1be1e"},
    EventKind{"config.unhealed", "18145cf7be994114aa1bb880d2d97de7"},
    EventKind{"config.impact", "4cab6e92da04452a9aeffb8049b66970"},
    EventKind{"health.transition", "ceb690c2ab92466b85e9fec9a7ae361b"},
    EventKind{"pool.mode", "01c5d28fab5c42fa89f025aec2fac9a8"},
    EventKind{"pool.share", "ed7bf94be15d4c06a3863371ad01303f"},
    EventKind{"pool.drained", "5372672d58c0465b8c26f8d18a161d8e"},
    EventKind{"checker.state", "e614348cc8fe46fc9a825f2a418e8ad8"},
    EventKind{"checker.restart", "e63eb48a700a48fd8a26049b7a058f7f"},
    EventKind{"admin.ready", "dbf2bddd763a4dfaaf24630210152901"},
    EventKind{"admin.drain", "9e74434e1b72445baa3d5b72f9d25b52"},
    EventKind{"admin.maint", "7e987afec2b046588c2d76c5a26f0069"},
    EventKind{"admin.weight", "69ccb1e73b7e4ccda8fcdb10f310bd2a"},
    EventKind{"admin.note", "3ba672b2b2e24c4c94c2d66410dfa272"},
    EventKind{"drift.found", "13bce3910bcf46ab9ae13bb5da6fb4ba"},
    EventKind{"drift.repaired", "603c6993a66f455b852d6d871129325d"},
    EventKind{"audit.finding", "36fe538cc1354be79dc06139ae19e2bf"},
    EventKind{"host.finding", "b0ba1113e17e4cc289502a0732e162bd"},
    EventKind{"daemon.start", "9882bd359c5b41af914e679fffc2ae07"},
    EventKind{"daemon.stop", "902832bcd901455da2d15a2ece98e4c1"},
    EventKind{"daemon.detach", "5862434bbdcf477eb7f822604958f748"},
};

}  // namespace

std::span<const EventKind> event_kinds() {
    return kKinds;
}

std::string_view message_id(std::string_view kind) {
    const auto* found = std::ranges::find(kKinds, kind, &EventKind::name);
    assert(found != kKinds.end());
    return found->message_id;
}

}  // namespace lb
