// SPDX-License-Identifier: Apache-2.0
#include "model/classify.hpp"

#include <cerrno>

namespace lb {

CheckResult failed(CheckReason reason, int detail) {
    return {Outcome::fail, reason, {}, static_cast<std::uint16_t>(detail)};
}

CheckResult inconclusive(CheckReason reason, int detail) {
    return {Outcome::inconclusive, reason, {}, static_cast<std::uint16_t>(detail)};
}

CheckResult classify(int err, Met met) {
    const bool theirs = met == Met::on_the_wire;
    switch (err) {
        case 0:
            return {Outcome::pass, CheckReason::ok, {}, 0};
        case ECONNREFUSED:
            return failed(CheckReason::backend_refused);
        case ECONNRESET:
        case EPIPE:
            return failed(CheckReason::backend_reset);
        case ETIMEDOUT:
            return failed(CheckReason::backend_timeout);
        case EMFILE:
        case ENFILE:
            return inconclusive(CheckReason::local_descriptors);
        case ENOMEM:
        case ENOBUFS:
            return inconclusive(CheckReason::local_memory);
        case EADDRNOTAVAIL:
        case EADDRINUSE:
            return inconclusive(CheckReason::local_no_source);
        case ENETDOWN:
            return inconclusive(CheckReason::local_link_down);
        // ICMP errors, or a neighbour that does not answer; at once, it is our own routing.
        case ENETUNREACH:
        case EHOSTUNREACH:
            return theirs ? failed(CheckReason::backend_unreachable)
                          : inconclusive(CheckReason::local_no_route);
        case EACCES:  // ICMPv6 "administratively prohibited"
        case EPERM:
            return theirs ? failed(CheckReason::backend_unreachable)
                          : inconclusive(CheckReason::local_permission);
        case ENOPROTOOPT:  // ICMP "protocol unreachable"
        case EPROTO:
        case EHOSTDOWN:
            if (theirs) return failed(CheckReason::backend_unreachable);
            [[fallthrough]];
        default:
            return inconclusive(CheckReason::local_other, err);
    }
}

}  // namespace lb
