// SPDX-License-Identifier: Apache-2.0
#include "personas/trial.hpp"

#include <gtest/gtest.h>

#include "health/curl_loop.hpp"
#include "unit/health/backend.hpp"

namespace lb::personas {
namespace {

using namespace std::chrono_literals;

Check quick() {
    Check check;
    check.interval = check.fast_interval = check.timeout = 200ms;
    check.fall = 2;
    return check;
}

class TrialTest : public testing::Test {
protected:
    Seen run(Persona persona, HealthState wanted, const Check& check) {
        const auto authority = Authority::make();
        EXPECT_TRUE(authority);
        const auto server = play(loop, persona, check, *authority);
        EXPECT_TRUE(server);
        Seen seen;
        std::make_shared<Trial>(health::Surroundings{loop, lag, sockets, spares, curl}, check,
                                *server, wanted)
            ->start(Loop::now(), [&](const Seen& all) {
                seen = all;
                loop.stop();
            });
        loop.run();
        return seen;
    }

    Loop loop;
    health::Lag lag{loop};
    health::Sockets sockets{loop};
    health::Spares spares{sockets};
    health::CurlLoop curl{loop, sockets};
};

TEST_F(TrialTest, TakesNoLongerThanTheBound) {
    EXPECT_EQ(bound(quick(), HealthState::down), 210ms + 200ms + 200ms);
    auto patient = quick();
    patient.rise = 4;
    EXPECT_EQ(bound(patient, HealthState::up), 210ms + 3 * 200ms + 200ms);
    const auto seen = run(Persona::blackhole, HealthState::down, quick());
    EXPECT_EQ(seen.state, HealthState::down);
    EXPECT_LT(seen.took, bound(quick(), HealthState::down) + kSlack);
}

TEST_F(TrialTest, EndsWhenNothingChanges) {
    const auto seen = run(Persona::slow, HealthState::down, quick());
    EXPECT_EQ(seen.state, HealthState::up) << "a tcp check without expect";
    EXPECT_GE(seen.took, bound(quick(), HealthState::down) + kSlack);
}

TEST_F(TrialTest, BeginsAgainIfWeWereLate) {
    Timer work{loop};
    work.in(300ms, [] { test::busy_for(1500ms); });  // longer than all of it may take
    EXPECT_EQ(run(Persona::blackhole, HealthState::down, quick()).state, HealthState::down);
}

}  // namespace
}  // namespace lb::personas
