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

/// "error    path.tunnel  backend "web/b1": ..."
std::string line_of(const Trouble& trouble, const Style& style) {
    const std::string severity = text(trouble.severity);
    return paint(padded(severity, 7), ink_of(severity), style) + "  " + padded(trouble.code, 15) +
           "  " + paint(trouble.object + ": " + trouble.seen, Ink::none, style) + "\n         " +
           paint(trouble.why, Ink::none, style) +
           "\n         fix: " + paint(trouble.fix, Ink::none, style) + "\n";
}

std::string lines_of(const Troubles& troubles, const std::vector<std::string>& unknown,
                     const std::string& all_is_well, const Style& style) {
    std::string words;
    for (const auto& trouble : troubles)
        words += line_of(trouble, style);
    for (const auto& each : unknown)
        words += paint("unknown", ink_of("unknown"), style) + "  " + paint(each, Ink::none, style) +
                 "\n";
    if (!words.empty()) return words;
    return paint("ok     ", ink_of("ok"), style) + "  " + all_is_well + "\n";
}

bool has(const Troubles& troubles, Severity severity) {
    return std::any_of(troubles.begin(), troubles.end(),
                       [&](const Trouble& trouble) { return trouble.severity == severity; });
}

std::string vips_of(const BackendFacts& facts) {
    std::string words;
    for (const auto& vip : facts.vips)
        words += (words.empty() ? "" : ", ") + vip.address.text();
    return words;
}

}  // namespace

std::string told(const DoctorView& doctor, const Style& style) {
    std::string words = "host of " + paint(doctor.config, Ink::none, style) + ": " +
                        paint(host_line(doctor), Ink::none, style) + "\n\n";
    for (const auto& verdict : doctor.verdicts)
        words += line_of(verdict, style);
    if (doctor.forwarding.empty()) return words;
    return words + "\n" + paint(doctor.forwarding, Ink::none, style) + "\n\n" +
           lines_of(doctor.troubles, doctor.unknown, "nothing was found that keeps packets back",
                    style);
}

std::string told(const BackendDoctorView& doctor, const Style& style) {
    const auto& facts = doctor.facts;
    return "this host as a backend of " + vips_of(facts) + ": " + text(facts.forward) + " by " +
           paint(facts.interface, Ink::none, style) + ", answers by " +
           (facts.way_out.empty() ? "no default route" : paint(facts.way_out, Ink::none, style)) +
           "\n\n" + lines_of(doctor.troubles, doctor.unknown, "it has what a backend needs", style);
}

Exit exit_of(const DoctorView& doctor) {
    const auto has = [&](const char* result) {
        return std::any_of(doctor.verdicts.begin(), doctor.verdicts.end(),
                           [&](const HostVerdict& verdict) { return verdict.result() == result; });
    };
    if (has("error") || cli::has(doctor.troubles, Severity::error)) return Exit::invalid;
    const bool all_is_known = doctor.unknown.empty() && !has("unknown");
    return has("warning") || !doctor.troubles.empty() || !all_is_known ? Exit::negative : Exit::ok;
}

Exit exit_of(const BackendDoctorView& doctor) {
    if (has(doctor.troubles, Severity::error)) return Exit::invalid;
    return doctor.troubles.empty() && doctor.unknown.empty() ? Exit::ok : Exit::negative;
}

}  // namespace lb::cli
