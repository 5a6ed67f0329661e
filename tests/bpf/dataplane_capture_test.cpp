// SPDX-License-Identifier: Apache-2.0
/// A capture shows what the program did, and forwarding does not notice it.
#include <algorithm>

#include <bpf/bpf.h>
#include <gmock/gmock.h>

#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

constexpr std::uint64_t kEvery = ~std::uint64_t{0};
constexpr std::uint64_t bit(lb_verdict verdict) {
    return std::uint64_t{1} << verdict;
}

class Capturing : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open();
        publish(TestTables{1}
                    .backend(0, "10.0.1.2")
                    .vip(0, "192.0.2.10:80", 0, 7, {0})
                    .vip(1, "192.0.2.11:80", 14, 7, {LB_SLOT_NONE}));
        ASSERT_TRUE(has_next_hop(0, "02:00:00:00:01:02 via near"));
        ASSERT_TRUE(plane().attach({"near"}));
    }

    void start(const CaptureOrder& order) {
        const auto done = plane().start_capture(order);
        ASSERT_TRUE(done) << done.error().what;
    }
    /// What leaves.
    Frame receive(const Packet& packet) {
        const auto program = program_on("near");
        return run(program.get(), packet.frame()).packet;
    }
    /// So many copies of a packet, one behind the other.
    void flood(const Packet& packet, int copies) {
        const auto program = program_on("near");
        auto frame = packet.frame();
        std::vector<std::uint8_t> out(2048);
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = frame.bytes.data();
        options.data_size_in = static_cast<__u32>(frame.bytes.size());
        options.repeat = copies;
        ASSERT_EQ(bpf_prog_test_run_opts(program.get(), &options), 0);
    }
    /// What was sent to vips: the kernels at both ends of the cable say something now and then.
    std::vector<CaptureRecord> captured() {
        auto records = plane().captured();
        std::erase_if(records, [](const auto& record) { return record.vip == LB_VIP_NONE; });
        return records;
    }
    /// Packets that the program has seen.
    std::uint64_t seen() {
        std::uint64_t sum = 0;
        for (const auto& each : plane().verdicts())
            sum += each.packets;
        return sum;
    }
    std::uint64_t counted(const std::string& verdict) {
        for (const auto& each : plane().verdicts())
            if (each.name == verdict) return each.packets;
        return 0;
    }
    std::string program_name() {
        const auto program = program_on("near");
        bpf_prog_info info{};
        std::uint32_t length = sizeof info;
        EXPECT_EQ(bpf_obj_get_info_by_fd(program.get(), &info, &length), 0);
        return info.name;
    }
};

CaptureOrder order_of(std::uint64_t verdicts) {
    CaptureOrder order;
    order.verdicts = verdicts;
    order.snap = kLargestSnap;
    return order;
}

const auto kForwarded = syn("203.0.113.5:40000", "192.0.2.10:80");
const auto kDropped = syn("203.0.113.5:40000", "192.0.2.11:80");
const auto kForeign = syn("203.0.113.5:40000", "192.0.2.99:80");

TEST_F(Capturing, ShowsAPacketBeforeAndAfterForwarding) {
    start(order_of(kEvery));
    const auto out = receive(kForwarded);
    const auto records = captured();
    ASSERT_EQ(records.size(), 1u);
    const auto& record = records[0];
    EXPECT_EQ(record.verdict, LB_FORWARD_REDIRECT) << "a test run comes in through lo";
    EXPECT_EQ(record.before, kForwarded.frame().bytes);
    EXPECT_EQ(record.after, out.bytes);
    EXPECT_EQ(record.length, kForwarded.frame().bytes.size());
    EXPECT_EQ(record.length_after, out.bytes.size());
    EXPECT_EQ(record.ingress, kTestInterface);
    EXPECT_NE(record.egress, 0u);
    EXPECT_EQ(record.vip, 0u);
    EXPECT_EQ(record.backend, 0u);
}

TEST_F(Capturing, DoesWhatThePlainProgramDoes) {
    const auto odd = kForwarded.frame().tagged(7);
    for (const auto& frame : {kForwarded.frame(), kDropped.frame(), kForeign.frame(), odd}) {
        const auto plain = run(program_on("near").get(), frame);
        start(order_of(kEvery));
        const auto copied = run(program_on("near").get(), frame);
        EXPECT_EQ(copied.packet, plain.packet);
        EXPECT_EQ(copied.action, plain.action);
        ASSERT_TRUE(plane().end_capture());
    }
}

TEST_F(Capturing, ShowsADropWithItsVerdictAndNothingAfterIt) {
    start(order_of(kEvery));
    (void)receive(kDropped);
    const auto records = captured();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].verdict, LB_DROP_NO_BACKEND);
    EXPECT_EQ(records[0].before, kDropped.frame().bytes);
    EXPECT_EQ(records[0].length_after, 0u);
    EXPECT_EQ(records[0].vip, 1u);
    EXPECT_EQ(records[0].backend, LB_SLOT_NONE);
}

TEST_F(Capturing, KeepsWhatWasAskedFor) {
    auto order = order_of(bit(LB_DROP_NO_BACKEND));
    start(order);
    for (const auto& packet : {kForwarded, kDropped, kForeign})
        (void)receive(packet);
    EXPECT_EQ(captured().size(), 1u) << "by verdict";
    ASSERT_TRUE(plane().end_capture());

    order = order_of(kEvery);
    order.vip = 0;
    start(order);
    for (const auto& packet : {kForwarded, kDropped, kForeign})
        (void)receive(packet);
    const auto records = captured();
    ASSERT_EQ(records.size(), 1u) << "by vip";
    EXPECT_EQ(records[0].vip, 0u);
}

TEST_F(Capturing, KeepsNoMoreBytesThanAskedFor) {
    auto order = order_of(kEvery);
    order.snap = kLeastSnap;
    start(order);
    auto large = kForwarded;
    large.payload.assign(500, 0x55);
    (void)receive(large);
    const auto records = captured();
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].before.size(), kLeastSnap);
    EXPECT_EQ(records[0].after.size(), kLeastSnap);
    EXPECT_GT(records[0].length_after, records[0].length);
}

TEST_F(Capturing, EndsByItselfWithItsLastPacket) {
    auto order = order_of(bit(LB_FORWARD_REDIRECT));
    order.packets = 3;
    start(order);
    for (int i = 0; i < 10; ++i)
        (void)receive(kForwarded);
    EXPECT_EQ(captured().size(), 3u);
}

TEST_F(Capturing, EndsByItselfWithItsTime) {
    auto order = order_of(kEvery);
    order.duration = milliseconds{1};
    start(order);
    EXPECT_TRUE(eventually([&] {  // the clock of the program has ticks of some milliseconds
        (void)receive(kForwarded);
        return captured().empty();
    }));
}

TEST_F(Capturing, ForwardsAFloodAndCountsWhatItDidNotShow) {
    constexpr int kCopies = 200'000;
    auto order = order_of(bit(LB_DROP_NO_BACKEND));
    order.packets = kMostCaptured;
    start(order);
    const auto before = counted("no_backend"), all_before = seen();
    flood(kDropped, kCopies);
    EXPECT_EQ(counted("no_backend") - before, std::uint64_t{kCopies});
    const auto shown = captured().size();
    const auto losses = plane().capture_losses();
    EXPECT_GT(shown, 0u);
    EXPECT_LT(shown, 2000u) << "the ring holds no more, the budget of 200 ms neither";
    EXPECT_GE(shown + losses.lost + losses.skipped, std::uint64_t{kCopies});
    EXPECT_LE(shown + losses.lost + losses.skipped, seen() - all_before);
}

TEST_F(Capturing, CountsWhatTheRingHadNoRoomFor) {
    auto order = order_of(kEvery);
    order.packets = kMostCaptured;
    start(order);
    EXPECT_TRUE(eventually([&] {
        flood(kDropped, 1000);
        return plane().capture_losses().lost > 0;
    }));
    EXPECT_GT(captured().size(), 1000u);
}

TEST_F(Capturing, LeavesThePlainProgramBehind) {
    EXPECT_EQ(program_name(), "lbd");
    start(order_of(kEvery));
    EXPECT_EQ(program_name(), "lbd_capture");
    ASSERT_TRUE(plane().end_capture());
    EXPECT_EQ(program_name(), "lbd");
}

TEST_F(Capturing, EndsWithItsDataplane) {
    start(order_of(kEvery));
    close();
    EXPECT_EQ(program_name(), "lbd");
}

TEST_F(Capturing, GoesOnOnAnInterfaceThatIsAttachedMeanwhile) {
    start(order_of(kEvery));
    ASSERT_TRUE(plane().attach({"near", "near2"}));
    const auto program = program_on("near2");
    (void)run(program.get(), kForwarded.frame());
    EXPECT_EQ(captured().size(), 1u);
}

TEST_F(Capturing, IsOneAtATime) {
    start(order_of(kEvery));
    const auto second = plane().start_capture(order_of(kEvery));
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().what, testing::HasSubstr("running already"));
}

}  // namespace
}  // namespace lb::test
