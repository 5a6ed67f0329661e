// SPDX-License-Identifier: Apache-2.0
/// lbd-decap: takes packets out of their tunnels, on backends without a tunnel device.
#include <iostream>

#include <net/if.h>
#include <unistd.h>

#include "dataplane/decap.hpp"
#include "decap/options.hpp"
#include "model/json.hpp"

namespace lb::decap {
namespace {

int fail(const Error& error) {
    if (geteuid() != 0) return fail(kPermission, error.what + " (try: sudo lbd-decap ...)");
    return fail(kNegative, error.what);
}

/// The addresses, or the text that is none.
Result<std::vector<Address>> parsed(const std::vector<std::string>& texts) {
    std::vector<Address> addresses;
    for (const auto& text : texts) {
        const auto address = Address::parse(text);
        if (!address) return Error{"\"" + text + "\" is not an IPv4 or IPv6 address"};
        addresses.push_back(*address);
    }
    return addresses;
}

int attach(const Options& options) {
    const auto vips = parsed(options.vips);
    if (!vips) return fail(kUsage, "--vip: " + vips.error().what);
    const auto balancers = parsed(options.balancers);
    if (!balancers) return fail(kUsage, "--from: " + balancers.error().what);
    const auto done = dataplane::attach_decap(
        {options.interface, options.pins, *vips, *balancers,
         options.generic ? dataplane::XdpMode::generic : dataplane::XdpMode::native_or_generic});
    return done ? kOk : fail(done.error());
}

int detach(const Options& options) {
    const auto was_attached = dataplane::detach_decap(options.interface, options.pins);
    if (!was_attached) return fail(was_attached.error());
    if (!*was_attached) std::cerr << "lbd-decap: " << options.interface << ": was not attached\n";
    return kOk;
}

std::string joined(const std::vector<Address>& addresses) {
    std::string text;
    for (const auto& address : addresses)
        text += (text.empty() ? "" : ", ") + address.text();
    return text;
}

int status(const Options& options) {
    const auto view = dataplane::decap_status(options.interface, options.pins);
    if (!view) return fail(view.error());
    const bool is_attached = !view->xdp_mode.empty();
    if (options.format == "json") {
        std::cout << json::print(*view);
    } else if (!is_attached) {
        std::cout << view->interface << ": not attached\n";
    } else {
        std::cout << view->interface << ": attached, " << view->xdp_mode << "\n"
                  << "vips: " << joined(view->vips) << "\n"
                  << "balancers: " << joined(view->balancers) << "\n";
        for (const auto& result : view->results)
            std::cout << result.name << ": " << result.packets << "\n";
    }
    return is_attached ? kOk : kNegative;
}

int run(const Options& options) {
    if (if_nametoindex(options.interface.c_str()) == 0)
        return fail(kNoSuchObject, dataplane::find_interface(options.interface).error().what);
    switch (options.verb) {
        case Verb::attach:
            return attach(options);
        case Verb::detach:
            return detach(options);
        case Verb::status:
            break;
    }
    return status(options);
}

}  // namespace
}  // namespace lb::decap

int main(int argc, char** argv) {
    const auto parsed = lb::decap::parse_options(argc, argv);
    if (const auto* code = std::get_if<int>(&parsed)) return *code;
    return lb::decap::run(std::get<lb::decap::Options>(parsed));
}
