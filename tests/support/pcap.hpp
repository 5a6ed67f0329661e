// SPDX-License-Identifier: Apache-2.0
/// Frames into a file that tshark and Wireshark open.
#pragma once

#include <string>
#include <vector>

#include "support/packet.hpp"

namespace lb::test {

/// One record per frame, in order, a second apart.  Makes the folder if it is missing; throws
/// std::runtime_error if the file cannot be written.
void write_pcap(const std::string& path, const std::vector<Bytes>& frames);

}  // namespace lb::test
