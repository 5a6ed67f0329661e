// SPDX-License-Identifier: Apache-2.0
#include "dataplane/view.hpp"

#include <ctime>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <lb.skel.h>

namespace lb::dataplane {

explain::World view_of(const Loaded& loaded) {
    explain::World view{
        [object = loaded.object->obj](const lb_map& map, const void* key, void* value) {
            const int fd = bpf_object__find_map_fd_by_name(object, map.name);
            return fd >= 0 && bpf_map_lookup_elem(fd, key, value) == 0;
        }};
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    view.set_now(static_cast<std::uint64_t>(now.tv_sec) * kNanoseconds +
                 static_cast<std::uint64_t>(now.tv_nsec));
    return view;
}

}  // namespace lb::dataplane
