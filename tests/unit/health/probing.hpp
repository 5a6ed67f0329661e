// SPDX-License-Identifier: Apache-2.0
/// ProbeTest: makes one attempt in this process and says what came of it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "health/curl_loop.hpp"
#include "health/probe.hpp"
#include "unit/health/backend.hpp"

namespace lb::health {

inline constexpr milliseconds kTimeout{300};
inline constexpr milliseconds kSlack{250};  // sanitizers on a busy machine

struct Observed {
    CheckResult result;
    std::string notes;
};

class ProbeTest : public testing::Test {
protected:
    Definition definition(CheckType type, const Endpoint& backend) const {
        Check check;
        check.type = type;
        check.timeout = kTimeout;
        return define(check, backend);
    }
    Definition http(const test::Backend& backend) const {
        return definition(CheckType::http, backend.endpoint());
    }

    /// One attempt, to its end and a turn of the loop beyond.
    Observed attempt(const Definition& what, bool verbose = false) {
        Observed observed;
        int calls = 0;
        loop.post([&] {
            make_probe({loop, lag, sockets, spares, curl}, std::make_shared<const Definition>(what),
                       verbose)
                ->start([&](const CheckResult& result, const std::string& notes) {
                    observed = {result, notes};
                    ++calls;
                    loop.post([&] { loop.stop(); });
                });
        });
        loop.run();
        EXPECT_EQ(calls, 1);
        return observed;
    }

    void expect(CheckReason reason, const CheckResult& result) {
        EXPECT_STREQ(text(result.reason), text(reason));
        const bool passes = reason == CheckReason::ok;
        const bool local = reason >= CheckReason::local_descriptors;
        EXPECT_EQ(result.outcome, passes  ? Outcome::pass
                                  : local ? Outcome::inconclusive
                                          : Outcome::fail);
        EXPECT_LT(result.duration, kTimeout + kSlack);
    }

    Loop loop;
    Lag lag{loop};
    Sockets sockets{loop};
    Spares spares{sockets};
    CurlLoop curl{loop, sockets};
};

}  // namespace lb::health
