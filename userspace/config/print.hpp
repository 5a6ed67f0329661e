// SPDX-License-Identifier: Apache-2.0
/// print: spec -> canonical text: every key with its value, sorted, one backend a line.
#pragma once

#include <string>

#include "model/spec.hpp"

namespace lb::config {

/// Masked: for people and logs; read() refuses it.  Secrets are the seed, and what a check sends:
/// it may be a password.
enum class Secrets { masked, shown };

/// With secrets shown, read(print(spec)) is the same spec again, for every spec without errors.
std::string print(const Spec& spec, Secrets secrets = Secrets::masked);

/// An object as it is in there.
std::string print(const std::string& name, const Pool& pool, Secrets secrets);
std::string print(const std::string& name, const Vip& vip);

}  // namespace lb::config
