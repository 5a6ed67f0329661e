// SPDX-License-Identifier: Apache-2.0
/// ICMP and ICMPv6 messages, for the model: RFC 792, RFC 4443, RFC 1191, RFC 8201.
#pragma once

#include <optional>

#include "model_seen.hpp"

namespace lb::test::model {

struct Message {
    enum class Kind { other, error, echo, link } kind = Kind::other;  ///< link: RFC 4861
    std::size_t at = 0;                                               ///< in the frame
    std::size_t size = 0;
    bool asks_too_little = false;  ///< an error that wants packets smaller than any link's
};

/// Nothing if it is none, or not whole.
std::optional<Message> see_message(const Bytes& frame, const Seen& seen);

/// The flow of the packet that an error quotes, as it was sent.  Nothing if it is not all there;
/// without ports if its protocol, or what stands in front of it, hides them.
std::optional<Flow> see_quote(const Bytes& frame, const Seen& seen, const Message& message);

}  // namespace lb::test::model
