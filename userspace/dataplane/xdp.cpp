// SPDX-License-Identifier: Apache-2.0
#include "dataplane/xdp.hpp"

#include <cerrno>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include "dataplane/pins.hpp"
#include "host/features.hpp"
#include "host/program.hpp"
#include "model/host.hpp"

namespace lb::dataplane {
namespace {

Error refused(const std::string& doing, int err) {
    auto error = Error::from_errno(doing, err);
    if (err == EPERM || err == EACCES) error.what += "; needs root, or CAP_NET_ADMIN and CAP_BPF";
    if (err == EINVAL || err == ENOSYS) error.what += host::needs_kernel(std::string{"XDP links"});
    return error;
}

/// A descriptor, or a negative errno.
int create(int program, unsigned ifindex, std::uint32_t flags) {
    bpf_link_create_opts options{};
    options.sz = sizeof(options);
    options.flags = flags;
    return bpf_link_create(program, static_cast<int>(ifindex), BPF_XDP, &options);
}

}  // namespace

Result<unsigned> find_interface(const std::string& name) {
    if (const unsigned ifindex = if_nametoindex(name.c_str())) return ifindex;
    return Error{"interface " + name + " does not exist; `ip -br link` shows what there is"};
}

std::string mode_of(unsigned ifindex) {
    return host::program_on(ifindex).mode;
}

Result<bool> is_on(int link, unsigned ifindex) {
    bpf_link_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(link, &info, &length) != 0)
        return Error::from_errno("ask what a link is", errno);
    if (info.type != BPF_LINK_TYPE_XDP || info.xdp.ifindex == 0) return false;
    if (info.xdp.ifindex == ifindex && host::program_on(ifindex).id == info.prog_id) return true;
    return Error{"it is a link of another network namespace; use other pins in this one"};
}

Result<Fd> attach_link(int program, const std::string& interface, unsigned ifindex,
                       const std::string& pin_path, XdpMode mode) {
    if (const auto other = host::program_on(ifindex); other.id != 0)
        return Error{"interface " + interface + " runs an XDP program that is not ours (id " +
                     std::to_string(other.id) +
                     "); see `bpftool net`, then remove it: " + xdp_off(interface, other.mode)};
    int fd = -1;
    if (mode == XdpMode::native_or_generic) fd = create(program, ifindex, XDP_FLAGS_DRV_MODE);
    if (fd < 0) fd = create(program, ifindex, XDP_FLAGS_SKB_MODE);
    if (fd < 0) return refused("interface " + interface + ": attach XDP", -fd);
    Fd link{fd};
    if (const auto done = pin(link.get(), pin_path); !done) return done.error();
    return link;
}

Result<Fd> adopt_link(int program, unsigned ifindex, const std::string& pin_path) {
    auto link = open_pin(pin_path);
    if (!link || !*link) return link;
    const auto on = is_on(link->get(), ifindex);
    if (!on) return on.error().in(pin_path);
    if (!*on) {
        if (const auto gone = unpin(pin_path); !gone) return gone.error();
        return Fd{};
    }
    if (bpf_link_update(link->get(), program, nullptr) != 0)
        return refused("replace the program of " + pin_path, errno);
    return link;
}

Result<> replace_program(int link, int program) {
    // ENOLINK: its interface is gone, so there is nothing to replace.
    if (bpf_link_update(link, program, nullptr) != 0 && errno != ENOLINK)
        return refused("replace the program", errno);
    return {};
}

Result<> drop_link(const std::string& pin_path) {
    const auto link = open_pin(pin_path);
    if (!link) return link.error();
    // ENOLINK: its interface is gone, and the program with it.
    if (*link && bpf_link_detach(link->get()) != 0 && errno != ENOLINK)
        return Error::from_errno("detach " + pin_path, errno);
    return unpin(pin_path);
}

}  // namespace lb::dataplane
