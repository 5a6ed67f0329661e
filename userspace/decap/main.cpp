// SPDX-License-Identifier: Apache-2.0
/// lbd-decap: takes the tunnel off packets on a backend without a tunnel device.
///
/// Exit codes: 0 done, 1 not attached (status) or failed, 2 usage.
#include <iostream>

#include <CLI/CLI.hpp>

#include "dataplane/decap.hpp"

namespace {

using namespace lb;

struct Words {
    std::string interface;
    std::vector<std::string> vips, balancers;
    bool generic = false, json = false;
};

int complain(const std::string& what) {
    std::cerr << "lbd-decap: " << what << '\n';
    return 1;
}

/// Every address of a list, or the first that is none, said aloud.
std::optional<std::vector<Address>> parse(const char* option,
                                          const std::vector<std::string>& words) {
    std::vector<Address> addresses;
    for (const auto& word : words) {
        const auto address = Address::parse(word);
        if (!address) {
            complain(std::string{option} + " " + word + ": not an IPv4 or IPv6 address");
            return std::nullopt;
        }
        addresses.push_back(*address);
    }
    return addresses;
}

int attach(const Words& words) {
    const auto vips = parse("--vip", words.vips);
    const auto balancers = parse("--from", words.balancers);
    if (!vips || !balancers) return 2;
    const auto done = dataplane::attach_decap(words.interface, *vips, *balancers, words.generic);
    return done ? 0 : complain(done.error().what);
}

int detach(const Words& words) {
    const auto done = dataplane::detach_decap(words.interface);
    if (!done) return complain(done.error().what);
    if (!*done) std::cerr << "lbd-decap: interface " << words.interface << ": was not attached\n";
    return 0;
}

std::string joined(const std::vector<Address>& addresses, const char* quote) {
    std::string text;
    for (const auto& address : addresses)
        text += (text.empty() ? "" : ", ") + (quote + address.text() + quote);
    return text;
}

void print_json(const std::string& interface, const dataplane::Decapsulator& decapsulator) {
    std::cout << "{\"schema_version\": 1, \"interface\": \"" << interface << "\", \"xdp_mode\": \""
              << decapsulator.xdp_mode << "\",\n \"vips\": [" << joined(decapsulator.vips, "\"")
              << "], \"balancers\": [" << joined(decapsulator.balancers, "\"")
              << "],\n \"results\": {";
    const char* separator = "";
    for (const auto& [name, packets] : decapsulator.results)
        std::cout << std::exchange(separator, ", ") << '"' << name << "\": " << packets;
    std::cout << "}}\n";
}

void print_text(const std::string& interface, const dataplane::Decapsulator& decapsulator) {
    std::cout << "interface  " << interface << " (" << decapsulator.xdp_mode << ")\n"
              << "vips       " << joined(decapsulator.vips, "") << '\n'
              << "balancers  " << joined(decapsulator.balancers, "") << '\n';
    for (const auto& [name, packets] : decapsulator.results)
        std::cout << name << std::string(18 - std::min<std::size_t>(name.size(), 17), ' ')
                  << packets << '\n';
}

int status(const Words& words) {
    const auto found = dataplane::decap_status(words.interface);
    if (!found) return complain(found.error().what);
    if (!*found)
        return complain("interface " + words.interface +
                        ": not attached (try: lbd-decap attach --help)");
    (words.json ? print_json : print_text)(words.interface, **found);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Words words;
    CLI::App app{"lbd-decap: decapsulates packets of lbd on a backend without a tunnel device"};
    app.set_version_flag("--version", "lbd-decap " LBD_VERSION);
    app.require_subcommand(1);
    const auto verb = [&](const char* name, const char* help) {
        auto* command = app.add_subcommand(name, help);
        command->add_option("INTERFACE", words.interface)->required();
        return command;
    };
    auto* attaching = verb("attach", "start, or replace the lists of one that runs");
    attaching->add_option("--vip", words.vips, "inner destination to accept, A[,B]")
        ->delimiter(',')
        ->required();
    attaching->add_option("--from", words.balancers, "outer source to accept: a balancer, A[,B]")
        ->delimiter(',')
        ->required();
    attaching->add_flag("--generic", words.generic, "do not use the driver's XDP");
    auto* detaching = verb("detach", "stop");
    auto* looking = verb("status", "lists and counters; exit 1 if it is not attached");
    std::string format = "table";
    looking->add_option("-o,--output", format)->check(CLI::IsMember({"table", "json"}));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error, std::cout, std::cerr) == 0 ? 0 : 2;
    }
    words.json = format == "json";
    if (attaching->parsed()) return attach(words);
    return detaching->parsed() ? detach(words) : status(words);
}
