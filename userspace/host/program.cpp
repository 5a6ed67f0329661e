// SPDX-License-Identifier: Apache-2.0
#include "host/program.hpp"

#include <cerrno>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "base/fd.hpp"

namespace lb::host {
namespace {

const char* text(std::uint8_t mode) {
    switch (mode) {
        case XDP_ATTACHED_DRV:
            return "native";
        case XDP_ATTACHED_SKB:
            return "generic";
        case XDP_ATTACHED_HW:
            return "offloaded";
        default:
            return "none";
    }
}

}  // namespace

XdpProgram program_on(unsigned ifindex) {
    bpf_xdp_query_opts found{};
    found.sz = sizeof(found);
    (void)bpf_xdp_query(static_cast<int>(ifindex), 0, &found);
    return {found.prog_id, text(found.attach_mode)};
}

std::optional<std::uint32_t> pinned_program(const std::string& path) {
    const Fd link{bpf_obj_get(path.c_str())};
    if (!link && errno == ENOENT) return 0;
    bpf_link_info info{};
    std::uint32_t length = sizeof(info);
    if (!link || bpf_obj_get_info_by_fd(link.get(), &info, &length) != 0) return {};
    return info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex != 0 ? info.prog_id : 0;
}

}  // namespace lb::host
