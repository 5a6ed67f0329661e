// SPDX-License-Identifier: Apache-2.0
#include "host/features.hpp"

#include <cerrno>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/utsname.h>

#include "base/fd.hpp"

namespace lb::host {
std::string missing_feature() {
    bpf_map_create_opts options{};
    options.sz = sizeof(options);
    options.map_flags = BPF_F_MMAPABLE;
    const Fd map{bpf_map_create(BPF_MAP_TYPE_ARRAY, "lb_feature", 4, 8, 1, &options)};
    if (!map && errno == ENOSYS) return "bpf system call";
    if (!map && errno == EINVAL) return "maps that can be mapped into memory (BPF_F_MMAPABLE)";
    if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, nullptr) == 0) return "XDP programs";
    return {};
}

void allow_pieces(bpf_program* program) {
    if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, nullptr) == 1)
        bpf_program__set_flags(program, bpf_program__flags(program) | BPF_F_XDP_HAS_FRAGS);
}

std::string needs_kernel(const std::string& missing) {
    utsname kernel{};
    (void)uname(&kernel);
    std::string text = "; ";
    if (!missing.empty())
        text += std::string{"Linux "} + kernel.release + " has no " + missing + " here; ";
    return text + "needs Linux 5.15 or later with CONFIG_BPF_SYSCALL";
}

}  // namespace lb::host
