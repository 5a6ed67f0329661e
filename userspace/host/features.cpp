// SPDX-License-Identifier: Apache-2.0
#include "host/features.hpp"

#include <cerrno>
#include <initializer_list>
#include <memory>

#include <bpf/bpf.h>
#include <bpf/btf.h>
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

int try_program(std::initializer_list<bpf_insn> instructions) {
    const Fd program{bpf_prog_load(BPF_PROG_TYPE_XDP, "lb_feature", "GPL", instructions.begin(),
                                   instructions.size(), nullptr)};
    return program ? 0 : errno;
}

constexpr bpf_insn kReturnPass{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS};
constexpr bpf_insn kExit{BPF_JMP | BPF_EXIT, 0, 0, 0, 0};

int try_xdp() {
    return try_program({kReturnPass, kExit});
}

/// *stack = 1; r1 = fetch_and_add(stack, 1)
int try_atomics() {
    return try_program(
        {{BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 1},
         {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1},
         {BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_10, BPF_REG_1, -8, BPF_ADD | BPF_FETCH},
         kReturnPass,
         kExit});
}

/// What the programs ask about the kernel while they are loaded (CO-RE).
bool has_types() {
    const auto told = libbpf_set_print(nullptr);
    const std::unique_ptr<btf, decltype(&btf__free)> types{btf__load_vmlinux_btf(), &btf__free};
    libbpf_set_print(told);
    return types != nullptr;
}

}  // namespace

Result<std::string> missing_feature() {
    int err = try_map();
    if (err == ENOSYS) return std::string{"bpf system call"};
    if (err == EINVAL) return std::string{"maps that can be mapped into memory (BPF_F_MMAPABLE)"};
    if (err != 0) return Error::from_errno("try what the kernel has: make a map", err);
    err = try_xdp();
    if (err == EINVAL) return std::string{"XDP programs"};
    if (err != 0) return Error::from_errno("try what the kernel has: load a program", err);
    if (try_atomics() == EINVAL) return std::string{"atomic operations that fetch (BPF_FETCH)"};
    if (!has_types()) return std::string{"types of its own (CONFIG_DEBUG_INFO_BTF)"};
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
    return text + "needs Linux 5.15 or later with CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF";
}

}  // namespace lb::host
