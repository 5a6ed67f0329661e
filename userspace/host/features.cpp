// SPDX-License-Identifier: Apache-2.0
#include "host/features.hpp"

#include <cerrno>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/utsname.h>

#include "base/fd.hpp"

namespace lb::host {
namespace {

/// 0, or the errno of the kernel's refusal.
int try_map() {
    bpf_map_create_opts options{};
    options.sz = sizeof(options);
    options.map_flags = BPF_F_MMAPABLE;
    const Fd map{bpf_map_create(BPF_MAP_TYPE_ARRAY, "lb_feature", 4, 8, 1, &options)};
    return map ? 0 : errno;
}

int try_program() {
    bpf_insn pass_all[2]{};
    pass_all[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
    pass_all[0].imm = XDP_PASS;
    pass_all[1].code = BPF_JMP | BPF_EXIT;
    const Fd program{bpf_prog_load(BPF_PROG_TYPE_XDP, "lb_feature", "GPL", pass_all, 2, nullptr)};
    return program ? 0 : errno;
}

}  // namespace

Result<std::string> missing_feature() {
    int err = try_map();
    if (err == ENOSYS) return std::string{"bpf system call"};
    if (err == EINVAL) return std::string{"maps that can be mapped into memory (BPF_F_MMAPABLE)"};
    if (err != 0) return Error::from_errno("try what the kernel has: make a map", err);
    err = try_program();
    if (err == EINVAL) return std::string{"XDP programs"};
    if (err != 0) return Error::from_errno("try what the kernel has: load a program", err);
    return std::string{};
}

void allow_pieces(bpf_program* program) {
    if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, nullptr) == 1)
        bpf_program__set_flags(program, bpf_program__flags(program) | BPF_F_XDP_HAS_FRAGS);
}

std::string needs_kernel(const Result<std::string>& missing) {
    if (!missing) return "; " + missing.error().what;
    utsname kernel{};
    (void)uname(&kernel);
    std::string text = "; ";
    if (!missing->empty())
        text += std::string{"Linux "} + kernel.release + " has no " + *missing + " here; ";
    return text + "needs Linux 5.15 or later with CONFIG_BPF_SYSCALL";
}

}  // namespace lb::host
