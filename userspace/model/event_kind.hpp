// SPDX-License-Identifier: Apache-2.0
/// Kinds of events, all of them, each with the MESSAGE_ID of its journal entries (docs/events.md).
#pragma once

#include <span>
#include <string_view>

namespace lb {

struct EventKind {
    std::string_view name;        ///< "config.publish"
    std::string_view message_id;  ///< of sd-id128(3), fixed for ever: programs look for it
};

std::span<const EventKind> event_kinds();

/// Of a kind that there is.
std::string_view message_id(std::string_view kind);

}  // namespace lb
