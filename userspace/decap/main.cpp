// SPDX-License-Identifier: Apache-2.0
/// lbd-decap: takes packets out of their tunnels, on backends without a tunnel device.
#include <iostream>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>
#include <net/if.h>
#include <unistd.h>

#include "dataplane/decap.hpp"
#include "model/json.hpp"

namespace lb {
namespace {

enum Exit { kOk = 0, kNegative = 1, kUsage = 2, kNoSuchObject = 4, kPermission = 7 };

/// What the command line says.
struct Words {
    std::string interface;
    std::string pins = "/sys/fs/bpf/lbd-decap";
    std::vector<std::string> vips, balancers;
    bool generic = false;
    std::string format = "table";
};

int fail(int exit, const std::string& what) {
    std::cerr << "lbd-decap: " << what << "\n";
    return exit;
}

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

int attach(const Words& words) {
    const auto vips = parsed(words.vips);
    if (!vips) return fail(kUsage, "--vip: " + vips.error().what);
    const auto balancers = parsed(words.balancers);
    if (!balancers) return fail(kUsage, "--from: " + balancers.error().what);
    const auto done = dataplane::attach_decap(
        {words.interface, words.pins, *vips, *balancers,
         words.generic ? dataplane::XdpMode::generic : dataplane::XdpMode::native_or_generic});
    return done ? kOk : fail(done.error());
}

int detach(const Words& words) {
    const auto was_attached = dataplane::detach_decap(words.interface, words.pins);
    if (!was_attached) return fail(was_attached.error());
    if (!*was_attached) std::cerr << "lbd-decap: " << words.interface << ": was not attached\n";
    return kOk;
}

std::string joined(const std::vector<Address>& addresses) {
    std::string text;
    for (const auto& address : addresses)
        text += (text.empty() ? "" : ", ") + address.text();
    return text;
}

int status(const Words& words) {
    const auto view = dataplane::decap_status(words.interface, words.pins);
    if (!view) return fail(view.error());
    const bool is_attached = !view->xdp_mode.empty();
    if (words.format == "json") {
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

CLI::App* declare(CLI::App& app, const char* verb, const char* text, Words& words) {
    auto* command = app.add_subcommand(verb, text);
    command->add_option("interface", words.interface, "such as eth0")->required();
    return command;
}

/// CLI11 calls a misspelt verb "A subcommand is required"; what it could not place tells more.
std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
    const auto unplaced = app.remaining(true);
    if (!app.get_subcommands().empty() || unplaced.empty()) return error.what();
    return "no verb \"" + unplaced.front() + "\"; expected attach, detach or status";
}

int run(int argc, char** argv) {
    Words words;
    CLI::App app{
        "lbd-decap: takes packets from listed balancers to listed vips out of IP tunnels\n"
        "It goes on after this command has ended, until detach."};
    app.set_version_flag("--version", "lbd-decap " LBD_VERSION);
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--pins", words.pins, "folder on a bpf file system")
        ->envname("LBD_DECAP_PINS")
        ->capture_default_str();
    auto* attaching = declare(app, "attach", "decapsulate here, for exactly these lists", words);
    attaching->add_option("--vip", words.vips, "inner destination: ADDRESS[,ADDRESS...]")
        ->delimiter(',')
        ->required();
    attaching->add_option("--from", words.balancers, "outer source: ADDRESS[,ADDRESS...]")
        ->delimiter(',')
        ->required();
    attaching->add_flag("--generic", words.generic, "do not try native XDP");
    auto* detaching = declare(app, "detach", "stop", words);
    auto* showing = declare(app, "status", "lists and counters; exit 1 if not attached", words);
    showing->add_option("-o,--output", words.format, "table or json")
        ->check(CLI::IsMember({"table", "json"}))
        ->option_text("FORMAT");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
        return fail(kUsage, complaint(app, error) + " (see: lbd-decap --help)");
    }
    if (if_nametoindex(words.interface.c_str()) == 0)
        return fail(kNoSuchObject, dataplane::find_interface(words.interface).error().what);
    if (attaching->parsed()) return attach(words);
    if (detaching->parsed()) return detach(words);
    return showing->parsed() ? status(words) : kUsage;
}

}  // namespace
}  // namespace lb

int main(int argc, char** argv) {
    return lb::run(argc, argv);
}
