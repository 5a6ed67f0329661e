// SPDX-License-Identifier: Apache-2.0
/// What lbd and lbd-check say to each other.
///
/// Messages; how they travel: packet.hpp.  Both ends are of one build on one machine, so numbers
/// are in host byte order.  Every message starts with a tag of 32 bits: "LB", the version of this
/// format, the kind of message.
///
///     lbd -> lbd-check                          lbd-check -> lbd
///     Define  check, definition                 Answer      32 bytes, see wire.cpp
///     Forget  check                             Transcript  check, sequence, text
///     Run     check, sequence, verbose,
///             and a socket if the definition says so
///
/// A Run is answered by one Answer with its sequence; a verbose one by a Transcript before it.
/// lbd does not trust lbd-check, which reads what backends send: decode_reply() accepts nothing
/// but numbers in range and printable text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "health/definition.hpp"
#include "model/health.hpp"

namespace lb::health {

inline constexpr std::size_t kLargestMessage = 8192;
inline constexpr std::size_t kLargestTranscript = 4096;
// As in config/, where a longer one is refused with a message for people.
inline constexpr std::size_t kLongestText = 1024;     // path, expect_body, send, ...
inline constexpr std::size_t kLongestName = 255;      // host, sni, name, ...
inline constexpr std::size_t kLongestInterface = 15;  // IFNAMSIZ - 1
inline constexpr std::size_t kMostRanges = 64;

struct Define {
    std::uint32_t check = 0;
    Definition definition;
    bool operator==(const Define&) const = default;
};

struct Forget {
    std::uint32_t check = 0;
    bool operator==(const Forget&) const = default;
};

struct Run {
    std::uint32_t check = 0;
    std::uint32_t sequence = 0;
    bool verbose = false;
    bool operator==(const Run&) const = default;
};

struct Answer {
    std::uint32_t check = 0;
    std::uint32_t sequence = 0;
    CheckResult result;
};

/// What happened, line by line, for a person; printable ASCII and newlines.
struct Transcript {
    std::uint32_t check = 0;
    std::uint32_t sequence = 0;
    std::string text;
};

using Request = std::variant<Define, Forget, Run>;
using Reply = std::variant<Answer, Transcript>;

/// Fails when a field is beyond its limit or holds a control character.
Result<std::string> encode(const Request& request);
Result<Request> decode_request(std::string_view message);

std::string encode(const Reply& reply);
Result<Reply> decode_reply(std::string_view message);

}  // namespace lb::health
