// SPDX-License-Identifier: Apache-2.0
#include "host/nic.hpp"

#include <algorithm>

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/fd.hpp"

namespace lb::host {
namespace {

class Ethtool {
public:
    explicit Ethtool(const std::string& interface)
        : socket_{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
        std::copy_n(interface.begin(), std::min<std::size_t>(interface.size(), IFNAMSIZ - 1),
                    request_.ifr_name);
    }
    /// `question` begins with a command, and is the answer afterwards; false: there is none.
    template <class Question>
    bool ask(Question& question) {
        request_.ifr_data = reinterpret_cast<char*>(&question);
        return ioctl(socket_.get(), SIOCETHTOOL, &request_) == 0;
    }

private:
    Fd socket_;
    ifreq request_{};
};

}  // namespace

Nic nic_of(const std::string& interface) {
    Ethtool ethtool{interface};
    Nic nic;
    ethtool_drvinfo driver{};
    driver.cmd = ETHTOOL_GDRVINFO;
    if (ethtool.ask(driver)) nic.driver = driver.driver;
    ethtool_value flags{ETHTOOL_GFLAGS, 0}, gro{ETHTOOL_GGRO, 0};
    nic.takes_tags_off = ethtool.ask(flags) && (flags.data & ETH_FLAG_RXVLAN) != 0;
    nic.merges_packets = ethtool.ask(gro) && gro.data != 0;
    ethtool_channels channels{};
    channels.cmd = ETHTOOL_GCHANNELS;
    if (ethtool.ask(channels)) {
        nic.queues = static_cast<int>(channels.combined_count);
        nic.most_queues = static_cast<int>(channels.max_combined);
    }
    return nic;
}

}  // namespace lb::host
