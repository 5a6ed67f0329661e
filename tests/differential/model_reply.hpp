// SPDX-License-Identifier: Apache-2.0
/// What we answer ourselves, for the model: echo and "too big".
#pragma once

#include "model_icmp.hpp"
#include "model_seen.hpp"

namespace lb::test::model {

/// RFC 1122, 3.2.2 and RFC 4443, 2.4: to one sender, from one receiver, on a link without tags.
bool may_be_answered(const Bytes& frame, const Seen& seen);

bool has_right_sum(const Bytes& frame, const Seen& seen, const Message& message);
Bytes echo_reply(const Bytes& frame, const Seen& seen, const Message& message);
/// `mtu`: what fits.
Bytes too_big(const Bytes& frame, const Seen& seen, std::size_t mtu);

}  // namespace lb::test::model
