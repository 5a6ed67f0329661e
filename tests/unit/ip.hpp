// SPDX-License-Identifier: Apache-2.0
/// An address as a test writes it.
#pragma once

#include "base/address.hpp"

namespace lb::test {

inline Address ip(const char* text) {
    return Address::parse(text).value();
}

}  // namespace lb::test
