// SPDX-License-Identifier: Apache-2.0
/// A frame's flow as a person reads it.
#pragma once

#include <string>
#include <string_view>

namespace lb::capture {

/// "198.18.0.2:40000 -> 203.0.113.10:80/tcp", by the outermost IP header, behind any VLAN tags.
/// Ports only where they follow the fixed IPv6 header, or the IPv4 header of a first fragment;
/// "?" for what is no IP or ends too early.
std::string flow_of(std::string_view frame);

}  // namespace lb::capture
