// SPDX-License-Identifier: Apache-2.0
/// The unix socket file: made, guarded, taken over, removed.
#pragma once

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb::api {

/// A listening socket at `path`, non-blocking, 0660 and of `group` (if there is one of that name).
/// A missing folder is made, 0750, of that group.  A socket that nobody answers is replaced; one
/// that is answered, and anything that is no socket, is an error that names it.
Result<Fd> listen_at(const std::string& path, const std::string& group);

}  // namespace lb::api
