// SPDX-License-Identifier: Apache-2.0
#include "dataplane/links.hpp"

#include <algorithm>
#include <set>

#include <net/if.h>

#include "dataplane/xdp.hpp"

namespace lb::dataplane {
Result<Links::Link> Links::attach_one(const std::string& interface) const {
    const auto ifindex = find_interface(interface);
    if (!ifindex) return ifindex.error();
    const auto path = pins_.link(*ifindex);
    auto link = adopt_link(program_, *ifindex, path);
    if (link && !*link)
        link = attach_link(program_, interface, *ifindex, path, XdpMode::native_or_generic);
    if (!link) return link.error();
    return Link{*ifindex, std::move(*link), {}};
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
                    (void)drop_link(pins_.link(undone.ifindex)).has_value();
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
            if (const auto gone = drop_link(pins_.link(ifindex)); !gone) return gone.error();
    return {};
}

Result<> Links::detach_all() {
    links_.clear();
    return drop_others();
}

void Links::follow() {
    for (auto& [name, link] : links_) {
        const unsigned now = if_nametoindex(name.c_str());
        const bool works = link.fd && is_on(link.fd.get(), link.ifindex).value_or(false);
        if (works && (now == link.ifindex || now == 0)) {  // 0: renamed, the link stays
            link.trouble = now ? "" : "it has another name now; correct node.interfaces";
            continue;
        }
        (void)drop_link(pins_.link(link.ifindex)).has_value();
        link.fd = Fd{};
        auto again = attach_one(name);
        if (again)
            link = std::move(*again);
        else
            link.trouble = again.error().what;
    }
}

Result<> Links::run(int program) {
    program_ = program;
    for (const auto& [name, link] : links_) {
        if (!link.fd) continue;
        if (const auto done = replace_program(link.fd.get(), program_); !done)
            return done.error().in("interface " + name);
    }
    return {};
}

/// Also what happened since follow() last looked.
std::string Links::trouble_of(const Link& link) {
    if (!link.trouble.empty()) return link.trouble;
    if (link.fd && is_on(link.fd.get(), link.ifindex).value_or(true)) return {};
    return "somebody took the program off; lbd puts it back within 10 s";
}

std::vector<InterfaceView> Links::interfaces() const {
    std::vector<InterfaceView> views;
    for (const auto& [name, link] : links_)
        views.push_back(
            {name, link.ifindex, link.fd ? mode_of(link.ifindex) : "none", trouble_of(link)});
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
