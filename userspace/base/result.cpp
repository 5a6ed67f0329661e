// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"

#include <system_error>

namespace lb {

Error Error::from_errno(std::string_view doing, int err) {
    return Error{std::generic_category().message(err)}.in(doing);
}

Error Error::in(std::string_view doing) const {
    return Error{std::string{doing} + ": " + what};
}

}  // namespace lb
