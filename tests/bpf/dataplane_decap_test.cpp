// SPDX-License-Identifier: Apache-2.0
/// The decapsulator is where it was told to be, with the lists that it was told last.
#include <filesystem>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>

#include "dataplane/decap.hpp"
#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class DecapOnInterface : public DataplaneTest {
protected:
    static std::vector<Address> addresses(const std::vector<std::string>& texts) {
        std::vector<Address> result;
        for (const auto& text : texts)
            result.push_back(address(text));
        return result;
    }
    void attach(const std::vector<std::string>& vips, const std::vector<std::string>& balancers) {
        const auto done =
            dataplane::attach_decap({"near", pins(), addresses(vips), addresses(balancers), mode});
        ASSERT_TRUE(done) << done.error().what;
    }
    DecapView status() {
        const auto view = dataplane::decap_status("near", pins());
        if (!view) throw std::runtime_error(view.error().what);
        return *view;
    }
    std::uint64_t counted(const std::string& name) {
        for (const auto& result : status().results)
            if (result.name == name) return result.packets;
        throw std::runtime_error("no result " + name);
    }
    /// A client's packet to `vip` in a tunnel from `balancer`, as the program on "near" leaves it.
    Frame received(const std::string& vip, const std::string& balancer) {
        const auto in = syn("203.0.113.5:40000", vip + ":80")
                            .inside_ipip(address(balancer), address("10.0.1.1"));
        return run(program_on("near").get(), in.frame()).packet;
    }
    static Frame plain(const std::string& vip) {
        return syn("203.0.113.5:40000", vip + ":80").frame();
    }
    std::string link_pin() const {
        return pins() + "/" + std::to_string(if_nametoindex("near")) + "/link";
    }

    dataplane::XdpMode mode = dataplane::XdpMode::native_or_generic;
};

TEST_F(DecapOnInterface, TakesPacketsFromListedBalancersToListedVipsOutOfTheirTunnel) {
    attach({"192.0.2.10", "192.0.2.11"}, {"10.0.1.2"});
    EXPECT_EQ(received("192.0.2.10", "10.0.1.2"), plain("192.0.2.10"));
    EXPECT_EQ(received("192.0.2.11", "10.0.1.2"), plain("192.0.2.11"));
    EXPECT_NE(received("192.0.2.12", "10.0.1.2"), plain("192.0.2.12"));
    EXPECT_NE(received("192.0.2.10", "10.0.1.3"), plain("192.0.2.10"));
    EXPECT_EQ(counted("decapsulated"), 2u);
    EXPECT_EQ(counted("unknown_vip"), 1u);
    EXPECT_EQ(counted("unknown_balancer"), 1u);
}

TEST_F(DecapOnInterface, ShowsWhatItIsDoing) {
    EXPECT_EQ(status().xdp_mode, "");
    attach({"2001:db8::10", "192.0.2.10"}, {"10.0.1.2"});
    const auto view = status();
    EXPECT_EQ(view.interface, "near");
    EXPECT_EQ(view.xdp_mode, "native");
    EXPECT_THAT(view.vips, ElementsAre(address("192.0.2.10"), address("2001:db8::10")));
    EXPECT_THAT(view.balancers, ElementsAre(address("10.0.1.2")));
    EXPECT_THAT(view.results, SizeIs(LB_DECAP_RESULT_COUNT));
}

TEST_F(DecapOnInterface, ReplacesItsListsWithoutLettingGoOfTheInterface) {
    attach({"192.0.2.10"}, {"10.0.1.2"});
    (void)received("192.0.2.10", "10.0.1.2");
    const Fd link{bpf_obj_get(link_pin().c_str())};
    attach({"192.0.2.11"}, {"10.0.1.2", "10.0.1.3"});

    EXPECT_EQ(received("192.0.2.11", "10.0.1.3"), plain("192.0.2.11"));
    EXPECT_NE(received("192.0.2.10", "10.0.1.2"), plain("192.0.2.10"));
    EXPECT_EQ(counted("decapsulated"), 2u) << "the counters go on";
    EXPECT_TRUE(dataplane::is_on(link.get(), if_nametoindex("near")).value_or(false));
}

TEST_F(DecapOnInterface, IsDetachedOnceAndSaysSo) {
    attach({"192.0.2.10"}, {"10.0.1.2"});
    const auto first = dataplane::detach_decap("near", pins());
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_TRUE(*first);
    EXPECT_FALSE(program_on("near"));
    EXPECT_TRUE(std::filesystem::is_empty(pins()));
    const auto second = dataplane::detach_decap("near", pins());
    ASSERT_TRUE(second) << second.error().what;
    EXPECT_FALSE(*second);
    EXPECT_EQ(status().xdp_mode, "");
}

TEST_F(DecapOnInterface, CanBeToldNotToTryTheDriver) {
    mode = dataplane::XdpMode::generic;
    attach({"192.0.2.10"}, {"10.0.1.2"});
    EXPECT_EQ(status().xdp_mode, "generic");
}

TEST_F(DecapOnInterface, StartsAnewOverAStartThatDidNotGetToTheEnd) {
    attach({"192.0.2.10"}, {"10.0.1.2"});
    const Fd link{bpf_obj_get(link_pin().c_str())};
    ASSERT_EQ(bpf_link_detach(link.get()), 0);
    EXPECT_EQ(status().xdp_mode, "");
    attach({"192.0.2.11"}, {"10.0.1.2"});
    EXPECT_EQ(received("192.0.2.11", "10.0.1.2"), plain("192.0.2.11"));
}

TEST_F(DecapOnInterface, RefusesAForeignProgramAndLeavesNothingBehind) {
    const bpf_insn pass[] = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS},
                             {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
    const Fd foreign{bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, nullptr)};
    const auto near = static_cast<int>(if_nametoindex("near"));
    ASSERT_EQ(bpf_xdp_attach(near, foreign.get(), 0, nullptr), 0);
    const auto done = dataplane::attach_decap(
        {"near", pins(), addresses({"192.0.2.10"}), addresses({"10.0.1.2"}), mode});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().what, HasSubstr("near runs an XDP program that is not ours"));
    EXPECT_TRUE(std::filesystem::is_empty(pins()));
    EXPECT_TRUE(program_on("near"));
}

TEST_F(DecapOnInterface, LeavesTheLinkOfAnotherNamespaceAlone) {
    attach({"192.0.2.10"}, {"10.0.1.2"});
    const auto index = std::to_string(if_nametoindex("near"));
    const Fd other{
        ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};  // it stays while it is open
    ASSERT_EQ(unshare(CLONE_NEWNET), 0);
    here("ip link add near index " + index + " type veth peer name far index 99");
    const auto done = dataplane::attach_decap(
        {"near", pins(), addresses({"192.0.2.11"}), addresses({"10.0.1.2"}), mode});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().what, HasSubstr("another network namespace"));
    EXPECT_FALSE(dataplane::detach_decap("near", pins()));
    EXPECT_TRUE(std::filesystem::exists(link_pin()));
}

TEST_F(DecapOnInterface, NamesAnInterfaceThatIsNotThere) {
    const auto done = dataplane::attach_decap({"nowhere", pins(), {}, {}, mode});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().what, HasSubstr("interface nowhere does not exist"));
}

}  // namespace
}  // namespace lb::test
