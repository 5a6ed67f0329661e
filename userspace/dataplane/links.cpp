// SPDX-License-Identifier: Apache-2.0
#include "dataplane/links.hpp"

#include <algorithm>
#include <cerrno>
#include <set>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <net/if.h>

namespace lb::dataplane {
namespace {

/// The interface that a link is on; 0: its device is gone, or it was detached.
unsigned ifindex_of(int link) {
    bpf_link_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(link, &info, &length) != 0 || info.type != BPF_LINK_TYPE_XDP)
        return 0;
    return info.xdp.ifindex;
}

bpf_xdp_query_opts query(unsigned ifindex) {
    bpf_xdp_query_opts found{};
    found.sz = sizeof(found);
    (void)bpf_xdp_query(static_cast<int>(ifindex), 0, &found);
    return found;
}

std::string mode_of(unsigned ifindex) {
    switch (query(ifindex).attach_mode) {
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

Result<Fd> create(int program, unsigned ifindex, std::uint32_t flags) {
    bpf_link_create_opts options{};
    options.sz = sizeof(options);
    options.flags = flags;
    const int fd = bpf_link_create(program, static_cast<int>(ifindex), BPF_XDP, &options);
    if (fd < 0) return Error::from_errno("attach XDP", errno);
    return Fd{fd};
}

Error foreign(const std::string& interface, std::uint32_t program) {
    return Error{"interface " + interface + " runs an XDP program that is not lbd's (id " +
                 std::to_string(program) +
                 "); see `bpftool net`, then remove it: ip link set dev " + interface + " xdp off"};
}

Error explained(Error error, int err) {
    if (err == EPERM || err == EACCES) error.what += "; needs root, or CAP_NET_ADMIN and CAP_BPF";
    return error;
}

/// Native first.  What that one says is for the driver's experts; what generic says, for everyone.
Result<Fd> native_or_generic(int program, unsigned ifindex) {
    if (auto native = create(program, ifindex, XDP_FLAGS_DRV_MODE)) return native;
    auto generic = create(program, ifindex, XDP_FLAGS_SKB_MODE);
    if (!generic) return explained(generic.error(), errno);
    return generic;
}

}  // namespace

/// The pinned link of `ifindex` with our program, or an empty Fd.
Result<Fd> Links::adopt(unsigned ifindex) const {
    const auto path = pins_.link(ifindex);
    auto link = open_pin(path);
    if (!link) return link.error();
    if (!*link) return Fd{};
    if (ifindex_of(link->get()) != ifindex) {  // of an interface that is no more
        if (const auto gone = drop(ifindex); !gone) return gone.error();
        return Fd{};
    }
    if (bpf_link_update(link->get(), program_, nullptr) != 0)
        return explained(Error::from_errno("replace the program of " + path, errno), errno);
    return link;
}

Result<Links::Link> Links::attach_one(const std::string& interface) const {
    const unsigned ifindex = if_nametoindex(interface.c_str());
    if (ifindex == 0)
        return Error{"interface " + interface +
                     " does not exist; correct node.interfaces (ip -br link shows what there is)"};
    auto link = adopt(ifindex);
    if (!link) return link.error().in("interface " + interface);
    if (*link) return Link{ifindex, std::move(*link), {}};
    if (const auto other = query(ifindex).prog_id; other != 0) return foreign(interface, other);
    link = native_or_generic(program_, ifindex);
    if (!link) return link.error().in("interface " + interface);
    if (const auto done = pin(link->get(), pins_.link(ifindex)); !done)
        return done.error().in("interface " + interface);
    return Link{ifindex, std::move(*link), {}};
}

Result<> Links::attach(const std::vector<std::string>& interfaces) {
    const std::set<std::string> wanted{interfaces.begin(), interfaces.end()};
    const auto pinned = pins_.linked();
    std::map<std::string, Link> added;
    for (const auto& name : wanted) {
        if (const auto known = links_.find(name);
            known != links_.end() && known->second.trouble.empty())
            continue;
        auto link = attach_one(name);
        if (!link) {
            for (const auto& [_, undone] : added)
                if (std::find(pinned.begin(), pinned.end(), undone.ifindex) == pinned.end())
                    (void)drop(undone.ifindex).has_value();
            return link.error();
        }
        added[name] = std::move(*link);
    }
    for (auto& [name, link] : added)
        links_[name] = std::move(link);
    std::erase_if(links_, [&](const auto& link) { return !wanted.contains(link.first); });
    return drop_others();
}

Result<> Links::drop_others() {
    for (const unsigned ifindex : pins_.linked())
        if (!has(ifindex))
            if (const auto gone = drop(ifindex); !gone) return gone.error();
    return {};
}

/// Detached when this returns: without a pin alone, the kernel would get around to it later.
Result<> Links::drop(unsigned ifindex) const {
    const auto path = pins_.link(ifindex);
    const auto link = open_pin(path);
    if (!link) return link.error();
    // ENOLINK: its interface is gone, and the program with it.
    if (*link && bpf_link_detach(link->get()) != 0 && errno != ENOLINK)
        return Error::from_errno("detach " + path, errno);
    return unpin(path);
}

Result<> Links::detach_all() {
    links_.clear();
    return drop_others();
}

void Links::follow() {
    for (auto& [name, link] : links_) {
        const unsigned now = if_nametoindex(name.c_str());
        const bool works = link.fd && ifindex_of(link.fd.get()) == link.ifindex;
        if (works && (now == link.ifindex || now == 0)) {  // 0: renamed, the link stays
            link.trouble = now ? "" : "it has another name now; correct node.interfaces";
            continue;
        }
        (void)drop(link.ifindex).has_value();
        link.fd = Fd{};
        auto again = attach_one(name);
        if (again)
            link = std::move(*again);
        else
            link.trouble = again.error().what;
    }
}

std::vector<InterfaceView> Links::interfaces() const {
    std::vector<InterfaceView> views;
    for (const auto& [name, link] : links_)
        views.push_back({name, link.ifindex, link.fd ? mode_of(link.ifindex) : "none"});
    return views;
}

bool Links::has(unsigned ifindex) const {
    return std::any_of(links_.begin(), links_.end(), [&](const auto& link) {
        return link.second.fd && link.second.ifindex == ifindex;
    });
}

std::vector<std::string> Links::problems() const {
    std::vector<std::string> found;
    for (const auto& [name, link] : links_)
        if (!link.trouble.empty()) found.push_back("interface " + name + ": " + link.trouble);
    return found;
}

}  // namespace lb::dataplane
