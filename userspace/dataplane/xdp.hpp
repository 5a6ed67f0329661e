// SPDX-License-Identifier: Apache-2.0
/// XDP on one interface, by a link that a pin keeps: what lbd and lbd-decap both do.
#pragma once

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb::dataplane {

enum class XdpMode { native_or_generic, generic };

/// 0 becomes an error that says where to look.
Result<unsigned> find_interface(const std::string& name);
/// "native", "generic", "offloaded", "none".
std::string mode_of(unsigned ifindex);
/// Is this XDP link the one on `ifindex`?  No: its device is gone, or it was detached.  An error:
/// it is on an interface of that number in another network namespace.
Result<bool> is_on(int link, unsigned ifindex);

/// Attaches `program` and pins the link.  Native first, as it is faster by far; generic where the
/// driver cannot.  Errors: a foreign program is there; no permission.
Result<Fd> attach_link(int program, const std::string& interface, unsigned ifindex,
                       const std::string& pin_path, XdpMode mode);
/// The pinned link with `program` in the place of the one before, without a gap.  Empty if there
/// is no pin, or only one of a link that is no more.
Result<Fd> adopt_link(int program, unsigned ifindex, const std::string& pin_path);
/// The link runs `program` from here on, without a gap.
Result<> replace_program(int link, int program);
/// Detached when this returns: without its pin alone, the kernel would get around to it later.
Result<> drop_link(const std::string& pin_path);

}  // namespace lb::dataplane
