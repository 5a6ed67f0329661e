// SPDX-License-Identifier: Apache-2.0
#include "metrics/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lb::metrics {
namespace {

using namespace std::chrono_literals;

TEST(MetricsText, SaysOnceWhatAFamilyIsAndThenItsLines) {
    Text text;
    text.begin("vip_packets_total", Kind::counter, "Packets.");
    text.add({{"vip", "a"}}, 1);
    text.add({{"vip", "b"}, {"pool", "web"}}, std::uint64_t{18446744073709551615u});
    text.begin("generation", Kind::gauge, "Number.");
    text.add({}, 43);
    EXPECT_EQ(text.text(),
              "# HELP lbd_vip_packets_total Packets.\n"
              "# TYPE lbd_vip_packets_total counter\n"
              "lbd_vip_packets_total{vip=\"a\"} 1\n"
              "lbd_vip_packets_total{vip=\"b\",pool=\"web\"} 18446744073709551615\n"
              "# HELP lbd_generation Number.\n"
              "# TYPE lbd_generation gauge\n"
              "lbd_generation 43\n");
}

TEST(MetricsText, EscapesWhatWouldEndALineOrAValue) {
    Text text;
    text.begin("x", Kind::gauge, "a \"b\" \\ c\nd");
    text.add({{"y", "a \"b\" \\ c\nd"}}, 0);
    EXPECT_EQ(text.text(),
              "# HELP lbd_x a \"b\" \\\\ c\\nd\n"
              "# TYPE lbd_x gauge\n"
              "lbd_x{y=\"a \\\"b\\\" \\\\ c\\nd\"} 0\n");
}

TEST(MetricsText, WritesAHistogramCumulativelyAndInSeconds) {
    Durations durations;
    durations.add(500us);  // a bound belongs to what is below it
    durations.add(501us);
    durations.add(-3ms);
    durations.add(31s);
    Text text;
    text.begin("took_seconds", Kind::histogram, "Time.");
    text.add({{"pool", "web"}}, durations);
    const auto has = [&](const std::string& line) {
        EXPECT_THAT(text.text(), testing::HasSubstr("\nlbd_took_seconds" + line + "\n"));
    };
    has("_bucket{pool=\"web\",le=\"0.0005\"} 2");
    has("_bucket{pool=\"web\",le=\"0.001\"} 3");
    has("_bucket{pool=\"web\",le=\"30\"} 3");
    has("_bucket{pool=\"web\",le=\"+Inf\"} 4");
    has("_sum{pool=\"web\"} 31.001001");
    has("_count{pool=\"web\"} 4");
    EXPECT_EQ(durations.count(), 4u);
}

TEST(MetricsText, WritesASummaryASetAndTimes) {
    Text text;
    text.begin("s", Kind::summary, "S.");
    text.add_sum({}, 1500ms, 3);
    text.begin("t", Kind::gauge, "T.");
    text.add_set({{"vip", "a"}}, "mode", {"x", "y"}, "y");
    text.begin("u", Kind::gauge, "U.");
    text.add({}, WallTime{1'700'000'000'250ms});
    text.add({{"never", ""}}, WallTime{});
    EXPECT_EQ(text.text(),
              "# HELP lbd_s S.\n# TYPE lbd_s summary\nlbd_s_sum 1.5\nlbd_s_count 3\n"
              "# HELP lbd_t T.\n# TYPE lbd_t gauge\n"
              "lbd_t{vip=\"a\",mode=\"x\"} 0\nlbd_t{vip=\"a\",mode=\"y\"} 1\n"
              "# HELP lbd_u U.\n# TYPE lbd_u gauge\n"
              "lbd_u 1700000000.25\nlbd_u{never=\"\"} 0\n");
}

TEST(MetricsText, AddsTheTimeThatAStopwatchLived) {
    Durations durations;
    { const Stopwatch watch{durations}; }
    EXPECT_EQ(durations.count(), 1u);
    EXPECT_GT(durations.sum, 0ns);
}

}  // namespace
}  // namespace lb::metrics
