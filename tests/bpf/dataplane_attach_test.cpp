// SPDX-License-Identifier: Apache-2.0
/// The program is on exactly the interfaces that it should be on, and stays there.
#include <filesystem>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "dataplane_world.hpp"

namespace lb::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Attaching : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open();
    }
    void attach(const std::vector<std::string>& interfaces) {
        const auto done = plane().attach(interfaces);
        ASSERT_TRUE(done) << done.error().what;
    }
    std::string refusal(const std::vector<std::string>& interfaces) {
        const auto done = plane().attach(interfaces);
        return done ? "attached" : done.error().what;
    }
    std::vector<std::string> attached() {
        std::vector<std::string> found;
        for (const auto& interface : plane().interfaces())
            if (program_on(interface.name))
                found.push_back(interface.name + " " + interface.xdp_mode);
        return found;
    }
    std::uint32_t link_id(const std::string& interface) {
        const Fd link{bpf_obj_get(pin_of(interface).c_str())};
        bpf_link_info info{};
        std::uint32_t length = sizeof(info);
        EXPECT_EQ(bpf_obj_get_info_by_fd(link.get(), &info, &length), 0);
        return info.id;
    }
    std::uint32_t program_id(const std::string& interface) {
        const auto program = program_on(interface);
        bpf_prog_info info{};
        std::uint32_t length = sizeof(info);
        EXPECT_EQ(bpf_obj_get_info_by_fd(program.get(), &info, &length), 0);
        return info.id;
    }
    std::string pin_of(const std::string& interface) const {
        return pins() + "/links/" + std::to_string(if_nametoindex(interface.c_str()));
    }
};

TEST_F(Attaching, UsesTheDriverWhereItCanAndSaysWhereItCannot) {
    here("ip link add bridge0 up type bridge");  // its driver knows no XDP
    attach({"near", "bridge0"});
    EXPECT_THAT(attached(), ElementsAre("bridge0 generic", "near native"));
    EXPECT_THAT(plane().problems(), IsEmpty());
}

TEST_F(Attaching, UsesTheDriverForFramesLargerThanAPage) {
    there("ip link set far2 mtu 9000");
    here("ip link set near2 mtu 9000");
    attach({"near2"});
    EXPECT_THAT(attached(), ElementsAre("near2 native"));
}

TEST_F(Attaching, BringsTheLinksToExactlyTheList) {
    attach({"near", "near"});
    EXPECT_THAT(attached(), ElementsAre("near native"));
    attach({"near2"});
    EXPECT_THAT(attached(), ElementsAre("near2 native"));
    EXPECT_FALSE(program_on("near"));
    EXPECT_FALSE(std::filesystem::exists(pin_of("near")));
    attach({});
    EXPECT_FALSE(program_on("near2"));
}

TEST_F(Attaching, AttachesNothingIfOneInterfaceIsMissing) {
    attach({"near2"});
    EXPECT_THAT(refusal({"near", "nowhere"}),
                AllOf(HasSubstr("interface nowhere does not exist"), HasSubstr("ip -br link")));
    EXPECT_FALSE(program_on("near"));
    EXPECT_FALSE(std::filesystem::exists(pin_of("near")));
    EXPECT_THAT(attached(), ElementsAre("near2 native"));
}

TEST_F(Attaching, RefusesAForeignProgramAndLeavesItAlone) {
    const bpf_insn pass[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS},
                             {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    const Fd foreign{bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, nullptr)};
    const auto near2 = static_cast<int>(if_nametoindex("near2"));
    ASSERT_EQ(bpf_xdp_attach(near2, foreign.get(), 0, nullptr), 0);
    const auto id = program_id("near2");

    EXPECT_THAT(refusal({"near", "near2"}),
                AllOf(HasSubstr("interface near2 runs an XDP program that is not ours (id " +
                                std::to_string(id) + ")"),
                      HasSubstr("ip link set dev near2 xdp off")));
    EXPECT_EQ(program_id("near2"), id);
    EXPECT_FALSE(program_on("near"));
}

/// INV-15.
TEST_F(Attaching, OutlivesLbdAndIsTakenOverWithoutAGap) {
    attach({"near"});
    const auto link = link_id("near");
    const auto program = program_id("near");
    close();
    EXPECT_EQ(program_id("near"), program);

    open();
    EXPECT_EQ(program_id("near"), program);
    attach({"near"});
    EXPECT_NE(program_id("near"), program);
    EXPECT_EQ(link_id("near"), link);
}

TEST_F(Attaching, DropsALinkOfAnEarlierLbdThatIsNotInTheList) {
    attach({"near", "near2"});
    close();
    open();
    attach({"near2"});
    EXPECT_FALSE(program_on("near"));
    EXPECT_THAT(attached(), ElementsAre("near2 native"));
}

TEST_F(Attaching, FollowsAnInterfaceThatIsMadeAgain) {
    attach({"near", "near2"});
    here("ip link delete near");
    EXPECT_TRUE(eventually([&] { return !plane().problems().empty(); }));
    EXPECT_THAT(plane().problems(), ElementsAre(HasSubstr("interface near: ")));
    EXPECT_THAT(attached(), ElementsAre("near2 native"));

    here("ip link add near type veth peer name again");
    EXPECT_TRUE(eventually([&] { return plane().problems().empty(); }));
    EXPECT_THAT(attached(), ElementsAre("near native", "near2 native"));
    EXPECT_TRUE(std::filesystem::exists(pin_of("near")));
}

TEST_F(Attaching, KeepsTheProgramOnAnInterfaceThatIsRenamed) {
    attach({"near"});
    here("ip link set near down");
    here("ip link set near name other");
    EXPECT_TRUE(eventually([&] { return !plane().problems().empty(); }));
    EXPECT_TRUE(program_on("other"));
}

TEST_F(Attaching, AttachesAgainWhatSomebodyDetached) {
    attach({"near"});
    const Fd link{bpf_obj_get(pin_of("near").c_str())};
    ASSERT_EQ(bpf_link_detach(link.get()), 0);
    ASSERT_FALSE(program_on("near"));
    here("ip link set near alias noticed");  // else within ten seconds
    EXPECT_TRUE(eventually([&] { return bool{program_on("near")}; }));
}

TEST_F(Attaching, DetachesEverythingOnRequestAndStaysDetached) {
    attach({"near", "near2"});
    const auto done = plane().detach_all();
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_FALSE(program_on("near"));
    EXPECT_FALSE(program_on("near2"));
    EXPECT_FALSE(std::filesystem::exists(pins()));
    EXPECT_THAT(plane().interfaces(), IsEmpty());

    publish(TestTables{1}.backend(0, "10.0.1.2").vip(0, "192.0.2.10:80", 0, 5, {0}));
    plane().set_state(0, LB_BACKEND_OFF, 0);
    EXPECT_FALSE(program_on("near"));
    EXPECT_EQ(open({4, 16, 512}).layout().generation, 0u);
}

}  // namespace
}  // namespace lb::test
