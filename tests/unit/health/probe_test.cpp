// SPDX-License-Identifier: Apache-2.0
#include "health/probe.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace lb::health {
namespace {

/// INV-7.
TEST(Classify, KnowsWhoseFaultItIs) {
    struct Case {
        int err;
        Met met;
        CheckReason reason;
    };
    const auto here = Met::here;
    const auto wire = Met::on_the_wire;
    for (const auto& [err, met, reason] : {
             Case{0, wire, CheckReason::ok},
             Case{ECONNREFUSED, wire, CheckReason::backend_refused},
             Case{ECONNREFUSED, here, CheckReason::backend_refused},  // loopback answers at once
             Case{ECONNRESET, wire, CheckReason::backend_reset},
             Case{EPIPE, wire, CheckReason::backend_reset},
             Case{ETIMEDOUT, wire, CheckReason::backend_timeout},
             Case{EHOSTUNREACH, wire, CheckReason::backend_unreachable},
             Case{ENETUNREACH, wire, CheckReason::backend_unreachable},
             Case{EACCES, wire, CheckReason::backend_unreachable},
             Case{EHOSTUNREACH, here, CheckReason::local_no_route},
             Case{ENETUNREACH, here, CheckReason::local_no_route},
             Case{EMFILE, here, CheckReason::local_descriptors},
             Case{ENFILE, here, CheckReason::local_descriptors},
             Case{ENOMEM, here, CheckReason::local_memory},
             Case{ENOBUFS, here, CheckReason::local_memory},
             Case{EADDRNOTAVAIL, here, CheckReason::local_no_source},
             Case{EADDRINUSE, here, CheckReason::local_no_source},
             Case{EACCES, here, CheckReason::local_permission},
             Case{EPERM, here, CheckReason::local_permission},
             Case{ENETDOWN, here, CheckReason::local_link_down},
             Case{EINVAL, here, CheckReason::local_other},
         })
        EXPECT_STREQ(text(classify(err, met).reason), text(reason)) << err;
    EXPECT_EQ(classify(EINVAL, here).detail, EINVAL);
}

}  // namespace
}  // namespace lb::health
