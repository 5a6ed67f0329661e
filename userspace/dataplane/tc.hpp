// SPDX-License-Identifier: Apache-2.0
/// A program at the place where packets leave through an interface.
///
/// By a tcx link that a pin keeps; before Linux 6.6, which brought those, as a classifier of the
/// clsact qdisc, by a number that is ours.  That one has no pin: it ends with its interface or
/// with detach_tc(), and the qdisc stays, as others may use it.
#pragma once

#include <string>

#include "base/result.hpp"

namespace lb::dataplane {

/// In the place of one of ours that is there.
Result<> attach_tc(int program, unsigned ifindex, const std::string& pin_path);
/// Nothing happens where it is not.
Result<> detach_tc(unsigned ifindex, const std::string& pin_path);

}  // namespace lb::dataplane
