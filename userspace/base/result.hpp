// SPDX-License-Identifier: Apache-2.0
/// Result: a value, or the reason there is none.
///
///     Result<Fd> open_pin(const std::string& path);
///
///     auto pin = open_pin(path);
///     if (!pin) return pin.error().in("adopt the maps");   // "adopt the maps: open /sys/...: ..."
///     use(*pin);
///
/// Ignoring one does not compile.  Test before you dereference: *result on an error is undefined.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace lb {

/// Why something failed, from the outside in: "apply generation 43: map 'vips': update: ...".
struct [[nodiscard]] Error {
    std::string what;

    /// "open /run/x: Permission denied"; `err` is a positive errno.
    static Error from_errno(std::string_view doing, int err);
    /// The same error with what the caller was doing in front.
    Error in(std::string_view doing) const;
};

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    // Ours, not tl::expected's, which would let Result<int>{0} become a Result<bool> that is true.
    Result(T value) : tl::expected<T, Error>(std::move(value)) {}
    Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
};

/// Success without a value: `return {};`
template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
public:
    Result() = default;
    Result(Error error) : tl::expected<void, Error>(tl::unexpect, std::move(error)) {}
};

}  // namespace lb
