// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tc.hpp"

#include <cerrno>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane/pins.hpp"
#include "dataplane/xdp.hpp"

namespace lb::dataplane {
namespace {

constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);  // <linux/bpf.h> of 6.6 names it
constexpr unsigned kPriority = 445, kHandle = 0x1bd;           // by which we know ours

bpf_tc_hook egress_of(unsigned ifindex) {
    bpf_tc_hook hook{};
    hook.sz = sizeof(hook);
    hook.ifindex = static_cast<int>(ifindex);
    hook.attach_point = BPF_TC_EGRESS;
    return hook;
}

bpf_tc_opts ours() {
    bpf_tc_opts options{};
    options.sz = sizeof(options);
    options.handle = kHandle;
    options.priority = kPriority;
    return options;
}

std::string doing(const char* what, unsigned ifindex) {
    return std::string{what} + " the program for checks, interface number " +
           std::to_string(ifindex);
}

Result<> attach_classifier(int program, unsigned ifindex) {
    auto hook = egress_of(ifindex);
    if (const int err = bpf_tc_hook_create(&hook); err != 0 && err != -EEXIST)
        return Error::from_errno(doing("make the clsact qdisc for", ifindex), -err);
    auto options = ours();
    options.prog_fd = program;
    options.flags = BPF_TC_F_REPLACE;
    if (const int err = bpf_tc_attach(&hook, &options); err != 0)
        return Error::from_errno(doing("attach", ifindex), -err);
    return {};
}

}  // namespace

Result<> attach_tc(int program, unsigned ifindex, const std::string& pin_path) {
    if (const auto gone = drop_link(pin_path); !gone) return gone.error();
    bpf_link_create_opts options{};
    options.sz = sizeof(options);
    const int fd = bpf_link_create(program, static_cast<int>(ifindex), kTcxEgress, &options);
    if (fd == -EINVAL) return attach_classifier(program, ifindex);
    if (fd < 0) return Error::from_errno(doing("attach", ifindex), -fd);
    const Fd link{fd};
    return pin(link.get(), pin_path);
}

Result<> detach_tc(unsigned ifindex, const std::string& pin_path) {
    if (const auto gone = drop_link(pin_path); !gone) return gone.error();
    const auto hook = egress_of(ifindex);
    const auto options = ours();
    (void)bpf_tc_detach(&hook, &options);  // an error: it was a link, or there is nothing
    return {};
}

}  // namespace lb::dataplane
