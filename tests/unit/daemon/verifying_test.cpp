// SPDX-License-Identifier: Apache-2.0
#include "daemon/verifying.hpp"

#include <gtest/gtest.h>

// Of the sanitizer that unit tests are built with; gcc has no header for it in Debian.
extern "C" std::size_t
__sanitizer_get_current_allocated_bytes();  // NOLINT(bugprone-reserved-identifier)

namespace lb::daemon {
namespace {

using namespace std::chrono_literals;

constexpr int kBeats = 1000;  // once a second lbd brings one

change::Traffic beat() {
    change::Traffic traffic;
    traffic.at = Loop::now();
    traffic.vips["shop"].packets = 1;
    return traffic;
}

/// How many bytes more are in use after so many beats, once the window is over.
std::ptrdiff_t collected_after_the_window(std::optional<milliseconds> confirm_within) {
    const Spec spec;
    const HealthView health;
    const plan::Standings standings;
    const change::Vitals vitals{spec, health, standings};
    Loop loop;
    bool is_over = false;
    Verifying verifying{loop,
                        change::Verification{{}, vitals, vitals, {beat()}, Loop::now()},
                        Verifying::Terms{0ms, confirm_within, 0ms},
                        [&] { return vitals; },
                        {[&] {
                             is_over = true;
                             loop.stop();
                         },
                         [](Verifying::End, const std::string&) {}}};
    loop.run();
    EXPECT_TRUE(is_over);
    const auto last = beat();
    const auto before = __sanitizer_get_current_allocated_bytes();
    for (int each = 0; each < kBeats; ++each)
        verifying.look(last);
    return static_cast<std::ptrdiff_t>(__sanitizer_get_current_allocated_bytes() - before);
}

/// For as long as no other generation is published, and that may be for ever.
TEST(Verifying, CollectsNothingOnceItHasEnded) {
    EXPECT_EQ(collected_after_the_window({}), 0);
}

TEST(Verifying, CollectsNothingWhileItWaitsForAWord) {
    EXPECT_EQ(collected_after_the_window(1h), 0);
}

}  // namespace
}  // namespace lb::daemon
