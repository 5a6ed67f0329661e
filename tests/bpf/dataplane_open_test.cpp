// SPDX-License-Identifier: Apache-2.0
/// Maps are created, pinned, adopted, and refused where they do not fit.
#include <filesystem>
#include <functional>
#include <memory>
#include <type_traits>

#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane_world.hpp"

namespace lb::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class Opening : public DataplaneTest {
protected:
    /// `action` while these capabilities are not effective.
    static void without(const std::vector<cap_value_t>& taken,
                        const std::function<void()>& action) {
        using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)>;
        const Capabilities before{cap_get_proc(), &cap_free}, less{cap_get_proc(), &cap_free};
        cap_set_flag(less.get(), CAP_EFFECTIVE, static_cast<int>(taken.size()), taken.data(),
                     CAP_CLEAR);
        ASSERT_EQ(cap_set_proc(less.get()), 0);
        action();
        ASSERT_EQ(cap_set_proc(before.get()), 0);
    }
    std::string refusal(const Limits& limits = kFewLimits, const Seed& seed = kTestSeed) {
        const auto opened = try_open(limits, seed);
        return opened ? "opened" : opened.error().what;
    }
};

TEST_F(Opening, PinsEveryMapForItsOwnerOnly) {
    open();

    for (const auto name : {"address_chains", "addresses", "services", "vips", "slots", "backends",
                            "egresses", "settings", "meta", "verdicts", "vip_counts",
                            "backend_counts", "new_flows", "handshakes", "backend_witness"})
        EXPECT_TRUE(pinned_map(name)) << name;
    struct stat about {};
    ASSERT_EQ(stat(pins().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777, 0700u);
    EXPECT_EQ(plane().layout().limits, kFewLimits);
    EXPECT_EQ(plane().layout().generation, 0u);
}

TEST_F(Opening, FindsEverythingAgainAfterARestart) {
    open();
    publish(TestTables{7}
                .backend(3, "10.0.1.2")
                .backend(5, "10.0.1.3", ForwardMode::l2, LB_BACKEND_DRAIN)
                .vip(2, "192.0.2.10:80", 100, 13, {3, 5})
                .vip(4, "192.0.2.10:443", 300, 7, {3}));
    plane().steer(tcp("192.0.2.10:80"), {{4, stable_slot(5)}}, 77);
    plane().set_state(3, LB_BACKEND_OFF, 0);
    plane().set_health(3, HealthVerdict::down);
    const auto before = plane().layout();

    const auto& after = open().layout();
    EXPECT_EQ(after.generation, 7u);
    ASSERT_EQ(after.vips.size(), 2u);
    for (const auto& [key, vip] : before.vips) {
        EXPECT_EQ(after.vips.at(key).number, vip.number);
        EXPECT_EQ(after.vips.at(key).base, vip.base);
        EXPECT_EQ(after.vips.at(key).slots, vip.slots);
    }
    EXPECT_EQ(after.vips.at(tcp("192.0.2.10:80")).slots[4], stable_slot(5));
    ASSERT_EQ(after.backends.size(), 2u);
    for (const auto& [identity, backend] : before.backends) {
        EXPECT_EQ(after.backends.at(identity).index, backend.index);
        EXPECT_EQ(after.backends.at(identity).birth, backend.birth);
        EXPECT_EQ(after.backends.at(identity).state, backend.state);
        EXPECT_EQ(after.backends.at(identity).health, backend.health);
    }
}

TEST_F(Opening, RefusesMapsOfAnotherCapacityAndNamesTheWayOut) {
    open();
    close();
    EXPECT_THAT(
        refusal({8, 64, 4096}),
        AllOf(HasSubstr("slots holds 2048, this program needs 4096"), HasSubstr("lbctl detach")));
    EXPECT_EQ(refusal(), "opened");
}

TEST_F(Opening, RefusesMapsOfAnotherSeed) {
    open();
    close();
    EXPECT_THAT(refusal(kFewLimits, Seed{9}),
                AllOf(HasSubstr("another node.seed"), HasSubstr("lbctl detach")));
}

TEST_F(Opening, RefusesAMapOfAnotherShapeBeforeItTouchesIt) {
    open();
    close();
    const auto path = pins() + "/v1/vips";
    fs::remove(path);
    const Fd other{bpf_map_create(BPF_MAP_TYPE_ARRAY, "vips", 4, 8, kFewLimits.vips, nullptr)};
    ASSERT_EQ(bpf_obj_pin(other.get(), path.c_str()), 0);
    EXPECT_THAT(refusal(), HasSubstr("vips has values of size 8, this program needs 64"));
}

TEST_F(Opening, RefusesAnotherLayoutMajor) {
    open();
    close();
    lb_meta meta{};
    const std::uint32_t first = 0;
    const auto map = pinned_map("meta");
    ASSERT_EQ(bpf_map_lookup_elem(map.get(), &first, &meta), 0);
    meta.major = LB_LAYOUT_MAJOR + 1;
    ASSERT_EQ(bpf_map_update_elem(map.get(), &first, &meta, BPF_ANY), 0);
    EXPECT_THAT(refusal(), HasSubstr("not of layout 1"));
}

TEST_F(Opening, RefusesAMissingPinInsteadOfMakingANewMap) {
    open();
    close();
    fs::remove(pins() + "/v1/slots");
    EXPECT_THAT(refusal(), HasSubstr("/v1/slots is missing"));
}

TEST_F(Opening, MakesTheCountersThatAnOlderLbdHadNot) {
    open();
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    close();
    const auto pin = pins() + "/v1/new_flows";
    fs::remove(pin);
    EXPECT_EQ(open().layout().generation, 1u);
    EXPECT_TRUE(fs::exists(pin));
    EXPECT_EQ(plane().new_flows(1), std::vector<std::uint64_t>{0});
}

TEST_F(Opening, RefusesAVipThatPointsOutsideOfTheSlots) {
    open();
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    close();
    const std::uint32_t first = 0;
    lb_vip vip{};
    ASSERT_EQ(bpf_map_lookup_elem(pinned_map("vips").get(), &first, &vip), 0);
    vip.word = std::uint64_t{2040} | std::uint64_t{5} << LB_VIP_SIZE_SHIFT;
    ASSERT_EQ(bpf_map_update_elem(pinned_map("vips").get(), &first, &vip, BPF_ANY), 0);
    EXPECT_THAT(refusal(), HasSubstr("192.0.2.10:80/tcp points outside"));
}

TEST_F(Opening, RefusesAnAddressThatPointsOutsideOfTheServices) {
    open();
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    close();
    const std::uint32_t first = 0;
    lb_address element{};
    ASSERT_EQ(bpf_map_lookup_elem(pinned_map("addresses").get(), &first, &element), 0);
    element.services = std::uint64_t{LB_SERVICES(8)} << LB_SERVICES_BEGIN_SHIFT | 1;
    ASSERT_EQ(bpf_map_update_elem(pinned_map("addresses").get(), &first, &element, BPF_ANY), 0);
    EXPECT_THAT(refusal(), HasSubstr("address 192.0.2.10 points outside"));
}

TEST_F(Opening, RefusesALinkPastTheLastAddress) {
    open();
    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    close();
    const std::uint64_t link = 9;  // of 8
    const std::uint32_t chain = 4711;
    ASSERT_EQ(bpf_map_update_elem(pinned_map("address_chains").get(), &chain, &link, BPF_ANY), 0);
    EXPECT_THAT(refusal(), HasSubstr("a link between addresses leads astray"));
}

TEST_F(Opening, StartsAnewOverAStartThatDidNotGetToTheEnd) {
    open();
    close();
    fs::remove(pins() + "/v1/meta");
    EXPECT_EQ(open({4, 16, 512}).layout().limits.vips, 4u);
}

TEST_F(Opening, LetsOneLbdAtATimeWork) {
    open();
    EXPECT_THAT(refusal(), HasSubstr("another lbd works with these pins"));
}

TEST_F(Opening, RefusesAFolderThatOthersMayWriteTo) {
    fs::create_directory(pins());
    ASSERT_EQ(chmod(pins().c_str(), 0755), 0);
    EXPECT_THAT(refusal(), AllOf(HasSubstr(pins()), HasSubstr("mode 0755")));
    ASSERT_EQ(chmod(pins().c_str(), 0700), 0);
    ASSERT_EQ(chown(pins().c_str(), 65534, 65534), 0);
    EXPECT_THAT(refusal(), AllOf(HasSubstr(pins()), HasSubstr("uid 65534")));
}

TEST_F(Opening, SaysHowToMountAMissingBpfFileSystem) {
    ASSERT_EQ(umount(folder().c_str()), 0);
    EXPECT_THAT(refusal(), HasSubstr("mount -t bpf bpf " + folder()));
    EXPECT_TRUE(fs::is_empty(folder()));
    ASSERT_EQ(mount("bpf", folder().c_str(), "bpf", 0, nullptr), 0);
}

TEST_F(Opening, SaysWhichCapabilitiesItNeeds) {
    without({CAP_BPF, CAP_SYS_ADMIN}, [&] {
        EXPECT_THAT(refusal(), AllOf(HasSubstr("Operation not permitted"), HasSubstr("CAP_BPF")));
    });
}

}  // namespace
}  // namespace lb::test
