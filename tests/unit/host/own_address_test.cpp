// SPDX-License-Identifier: Apache-2.0
/// Which of its addresses a host calls its own, from the kernel's messages.
#include <array>

#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "host/netlink_message.hpp"

namespace lb::host {
namespace {

/// RTM_NEWADDR for 10.0.0.1 or 2001:db8::1.
struct Told {
    unsigned ifindex = 2;
    std::uint8_t prefix = 24;
    std::uint32_t flags = 0;
    bool is_v4 = true;

    OwnAddress read() const {
        alignas(nlmsghdr) std::array<char, 256> bytes{};
        auto* message = mnl_nlmsg_put_header(bytes.data());
        message->nlmsg_type = RTM_NEWADDR;
        auto* header =
            static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifaddrmsg)));
        header->ifa_family = is_v4 ? AF_INET : AF_INET6;
        header->ifa_prefixlen = prefix;
        header->ifa_index = ifindex;
        const auto address = Address::parse(is_v4 ? "10.0.0.1" : "2001:db8::1").value();
        if (is_v4)
            mnl_attr_put(message, IFA_LOCAL, 4, address.bytes.data() + 12);
        else
            mnl_attr_put(message, IFA_ADDRESS, 16, address.bytes.data());
        mnl_attr_put_u32(message, IFA_FLAGS, flags);
        const auto found = own_address_of(*message);
        EXPECT_TRUE(found && found->address == address);
        return found.value_or(OwnAddress{});
    }
};

TEST(OwnAddress, IsMainIfItHasANetwork) {
    EXPECT_TRUE(Told{}.read().is_main);
    EXPECT_TRUE((Told{2, 64, 0, false}.read().is_main));
}

TEST(OwnAddress, IsLentIfItHasNone) {
    EXPECT_FALSE((Told{2, 32, 0, true}.read().is_main));
    EXPECT_FALSE((Told{2, 128, 0, false}.read().is_main));
}

TEST(OwnAddress, IsLentIfItIsSecondaryOrDeprecated) {
    EXPECT_FALSE((Told{2, 24, IFA_F_SECONDARY, true}.read().is_main));
    EXPECT_TRUE((Told{2, 64, IFA_F_TEMPORARY, false}.read().is_main)) << "the same bit";
    EXPECT_FALSE((Told{2, 64, IFA_F_DEPRECATED, false}.read().is_main));
}

TEST(OwnAddress, OfLoopbackIsNobodysMain) {
    EXPECT_FALSE((Told{1, 8, 0, true}.read().is_main));
}

}  // namespace
}  // namespace lb::host
