// SPDX-License-Identifier: Apache-2.0
/// bodies: what each request may hold, once.  request.cpp reads requests by it, docs/openapi.yaml
/// lists it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace lb::api {

/// What the value of a key is: in JSON a text, unless it says otherwise.
enum class Shape {
    text,
    line,   ///< without control characters
    words,  ///< a short line
    flag,   ///< or true, false
    number,
    generation,  ///< or empty: none
    duration,
    state,
    accepts,  ///< or a list of texts
    names,    ///< a list of texts, nothing else
};

inline constexpr std::size_t kLongestWords = 500;

struct Key {
    std::string_view name;
    Shape shape;
    std::string_view missing{};  ///< what who leaves it out is told; empty: that is all right
};

struct RequestBody {
    std::string_view name;  ///< "ApplyRequest"
    std::string_view meaning;
    std::span<const Key> keys;
    std::span<const Key> shared{};  ///< keys that other requests have, too
    bool may_be_absent = false;     ///< no body is like {}

    const Key* find(std::string_view key) const;  ///< nullptr: no such key
};

extern const RequestBody kApplyBody, kRollbackBody, kConfirmBody, kDiffBody;
extern const RequestBody kStateBody, kWeightBody;
extern const RequestBody kCaptureBody, kProbeBody, kNoteBody, kAuditBody;
extern const RequestBody kEmptyBody;

}  // namespace lb::api
