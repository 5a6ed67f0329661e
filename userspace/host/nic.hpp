// SPDX-License-Identifier: Apache-2.0
/// What the driver of an interface says about itself (ethtool).  No rights are needed.
#pragma once

#include <string>

namespace lb::host {

/// What a driver does not say stays as it is here.
struct Nic {
    std::string driver;           ///< "virtio_net"
    bool merges_packets = false;  ///< GRO
    bool takes_tags_off = false;  ///< rx-vlan-offload
    int queues = 0;               ///< combined channels in use
    int most_queues = 0;          ///< that it could have
};

Nic nic_of(const std::string& interface);

}  // namespace lb::host
