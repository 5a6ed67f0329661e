// SPDX-License-Identifier: Apache-2.0
/// Explain: the program's decision about a flow, taken again from the same maps.
#pragma once

#include "bpf/hash.h"
#include "dataplane/links.hpp"
#include "dataplane/map.hpp"
#include "dataplane/neighbours.hpp"
#include "model/view.hpp"

namespace lb::dataplane {

/// Follows bpf/lookup.h and bpf/forward.h step by step; changes nothing.  The names of vip and
/// backends are the caller's to add.  A packet counts as redirected if it leaves through an
/// interface that is not balanced; through a balanced one it depends on where it came in.
Explanation explain(const Maps& maps, const Links& links, const Neighbours& neighbours,
                    const lb_flow& flow);

/// The flow of a packet from `source` to a vip, as the program would see it.
lb_flow flow_of(const VipKey& vip, const Endpoint& source);

}  // namespace lb::dataplane
