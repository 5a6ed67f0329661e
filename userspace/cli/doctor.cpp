// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.hpp"

#include <algorithm>

namespace lb::cli {
namespace {

Ink ink_of(const std::string& result) {
    if (result == "ok") return Ink::good;
    return result == "error" ? Ink::bad : Ink::doubt;
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

/// "eth0 (native, mtu 1600)", ...
std::string ways_of(const HostFacts& facts) {
    std::string words;
    for (const auto& [name, its] : facts.interfaces)
        words += ", " + name + " (XDP " + its.xdp_mode + ", mtu " + std::to_string(its.mtu) + ")";
    return words;
}

std::string host_line(const DoctorView& doctor) {
    const auto& facts = doctor.facts;
    return "Linux " + facts.kernel + ", " + std::to_string(facts.cpus) + " CPUs" + ways_of(facts) +
           ", routes to " + std::to_string(facts.routes.size()) + " backends, " +
           (facts.descriptors.whose.empty()
                ? std::string{"limits unknown"}
                : facts.descriptors.whose + " may open " + std::to_string(facts.descriptors.hard) +
                      " files");
}

std::string line_of(const HostVerdict& verdict, const Style& style) {
    const auto result = verdict.result();
    std::string words = paint(padded(result, 7), ink_of(result), style) + "  " + verdict.rule +
                        "  " + verdict.title +
                        (result == "unknown" ? ": not known, " + verdict.unknown
                         : result == "ok"    ? ": no"
                                             : ": yes") +
                        "\n";
    for (const auto& finding : verdict.findings)
        words += "         " + paint(finding.object + ": " + finding.message, Ink::none, style) +
                 "\n         fix: " + paint(finding.fix, Ink::none, style) + "\n";
    return words;
}

}  // namespace

std::string told(const DoctorView& doctor, const Style& style) {
    std::string words = "host of " + paint(doctor.config, Ink::none, style) + ": " +
                        paint(host_line(doctor), Ink::none, style) + "\n\n";
    for (const auto& verdict : doctor.verdicts)
        words += line_of(verdict, style);
    return words;
}

Exit exit_of(const DoctorView& doctor) {
    const auto has = [&](const char* result) {
        return std::any_of(doctor.verdicts.begin(), doctor.verdicts.end(),
                           [&](const HostVerdict& verdict) { return verdict.result() == result; });
    };
    if (has("error")) return Exit::invalid;
    return has("warning") || has("unknown") ? Exit::negative : Exit::ok;
}

}  // namespace lb::cli
