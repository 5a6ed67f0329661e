// SPDX-License-Identifier: Apache-2.0
#include "dataplane/array.hpp"

#include <cerrno>

#include <sys/mman.h>

namespace lb::dataplane {

Mapping::~Mapping() {
    if (start_) munmap(start_, bytes_);
}

Result<Mapping> Mapping::of(int map_fd, std::size_t bytes) {
    void* start =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, map_fd, 0);
    if (start == MAP_FAILED) return Error::from_errno("mmap", errno);
    Mapping mapping;
    mapping.start_ = start;
    mapping.bytes_ = bytes;
    return mapping;
}

}  // namespace lb::dataplane
