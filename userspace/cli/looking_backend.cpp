// SPDX-License-Identifier: Apache-2.0
/// This host as a backend of somebody's lbd.
#include <algorithm>

#include <net/if.h>
#include <sys/mman.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "cli/child.hpp"
#include "cli/looking.hpp"
#include "host/backend.hpp"
#include "host/program.hpp"
#include "host/returns.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

tl::unexpected<Failure> invalid(const std::string& what) {
    return tl::unexpected{Failure{Exit::invalid, what, {}}};
}

Outcome<std::vector<Address>> parsed(const char* option, const std::vector<std::string>& texts) {
    std::vector<Address> addresses;
    for (const auto& text : texts) {
        const auto address = Address::parse(text);
        if (!address)
            return invalid(std::string{option} + ": \"" + text +
                           "\" is not an IPv4 or IPv6 address");
        addresses.push_back(*address);
    }
    return addresses;
}

/// What lbd-decap says: "not attached" ends with 1 and is an answer, too.
void ask_decap(const BackendWish& wish, BackendFacts& facts) {
    const Fd answer{memfd_create("lbd-decap", MFD_CLOEXEC)};
    const auto done =
        run_child({"lbd-decap", "--pins", wish.decap_pins, "status", facts.interface, "-o", "json"},
                  answer.get());
    const auto text = read_file("/proc/self/fd/" + std::to_string(answer.get()));
    const auto view = json::parse_decap(text ? *text : "");
    if (view)
        facts.decap = *view;
    else if (host::program_on(if_nametoindex(facts.interface.c_str())).id == 0)
        facts.decap = DecapView{};  // nothing at all is attached
    else
        facts.unknown = "whether tunnels are taken off: " +
                        (done ? "lbd-decap: " + view.error().what : done.error().what);
}

}  // namespace

Outcome<BackendFacts> look_at_backend(const BackendWish& wish) {
    const auto vips = parsed("--vip", wish.vips);
    if (!vips) return tl::unexpected{vips.error()};
    const auto balancers = parsed("--from", wish.balancers);
    if (!balancers) return tl::unexpected{balancers.error()};
    auto found = host::backend_facts(wish.interface, *vips);
    if (!found) return tl::unexpected{Failure{Exit::failed, found.error().what, {}}};
    auto& facts = *found;
    if (facts.interface.empty())
        return invalid("no default route; by which interface do packets come? --interface NAME");
    if (if_nametoindex(facts.interface.c_str()) == 0)
        return tl::unexpected{
            Failure{Exit::unknown, "no interface \"" + facts.interface + "\" (ip -br link)", {}}};
    facts.balancers = *balancers;
    facts.forward = wish.forward == "l2"    ? ForwardMode::l2
                    : wish.forward == "gue" ? ForwardMode::gue
                                            : ForwardMode::ipip;
    if (facts.forward != ForwardMode::l2) ask_decap(wish, facts);
    return facts;
}

}  // namespace lb::cli
