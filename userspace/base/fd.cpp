// SPDX-License-Identifier: Apache-2.0
#include "base/fd.hpp"

#include <unistd.h>

namespace lb {

Fd::~Fd() {
    if (fd_ >= 0) close(fd_);
}

}  // namespace lb
