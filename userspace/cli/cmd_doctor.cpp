// SPDX-License-Identifier: Apache-2.0
/// doctor: is this host fit for a configuration, and why does it not forward?  It needs no lbd;
/// what lives is asked which configuration that is, whose limits count, and how it forwards.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "checklist/host.hpp"
#include "cli/candidate.hpp"
#include "cli/doctor.hpp"
#include "cli/host.hpp"
#include "cli/looking.hpp"
#include "config/reader.hpp"
#include "diagnosis/diagnosis.hpp"
#include "model/json_host.hpp"

namespace lb::cli {
namespace {

constexpr auto kFile = "/etc/lbd/lbd.yaml";

struct DoctorOptions {
    Examinee examinee{{}, kFile, {}};
    std::vector<std::string> backends;
    BackendWish backend;
};

struct Subject {
    std::string name;
    Spec spec;
};

Outcome<Subject> in_file(const std::string& path) {
    const auto candidate = read_candidate(path, "");
    if (!candidate) return tl::unexpected{candidate.error()};
    if (has_errors(candidate->review.findings))
        return tl::unexpected{Failure{
            Exit::invalid,
            candidate->filename + ": invalid configuration; the host was not looked at",
            checklist::as_text(candidate->review.findings, candidate->filename, candidate->text)}};
    return Subject{candidate->filename, candidate->reading.spec};
}

/// What runs, else what would be started.
Outcome<Subject> running_or_next(const Session& session, const std::string& next) {
    const auto text = session.client().get("/api/v1/config");
    if (!text && text.error().exit == Exit::unreachable) return in_file(next);
    if (!text) return tl::unexpected{text.error()};
    // The seed is masked, and no rule about hosts asks for it.
    const auto no_files = config::no_files("the running configuration");
    return Subject{"the running configuration", config::read(*text, no_files).spec};
}

Outcome<Exit> as_backend(const Session& session, const BackendWish& wish) {
    if (wish.vips.empty())
        return tl::unexpected{
            Failure{Exit::invalid, "--as-backend: of which vips? --vip ADDRESS", {}}};
    auto facts = look_at_backend(wish);
    if (!facts) return tl::unexpected{facts.error()};
    BackendDoctorView doctor{*facts, diagnosis::of_backend(*facts), {}};
    if (!facts->unknown.empty()) doctor.unknown.push_back(facts->unknown);
    std::cout << (session.format == Format::json ? json::print(doctor)
                                                 : told(doctor, session.style));
    return exit_of(doctor);
}

Outcome<Exit> as_balancer(const Session& session, DoctorOptions options) {
    for (const auto& text : options.backends) {
        const auto id = read_backend(text);
        if (!id) return tl::unexpected{id.error()};
        options.examinee.backends.push_back(*id);
    }
    const auto doctor = examine(session, options.examinee);
    if (!doctor) return tl::unexpected{doctor.error()};
    std::cout << (session.format == Format::json ? json::print(*doctor)
                                                 : told(*doctor, session.style));
    return exit_of(*doctor);
}

void declare_backend(CLI::App& app, BackendWish& wish) {
    auto* role = app.add_flag("--as-backend", wish.is_wanted,
                              "judge this host as a backend of somebody's lbd")
                     ->excludes("file")
                     ->excludes("--backend")
                     ->option_text(" ");  // help need not list what it excludes
    app.add_option("--vip", wish.vips, "that it serves; repeatable")
        ->needs(role)
        ->allow_extra_args(false)
        ->option_text("ADDRESS");
    app.add_option("--from", wish.balancers, "a balancer that forwards to it; repeatable")
        ->needs(role)
        ->allow_extra_args(false)
        ->option_text("ADDRESS");
    app.add_option("--forward", wish.forward, "how; default: ipip")
        ->needs(role)
        ->check(CLI::IsMember({"ipip", "gue", "l2"}));
    app.add_option("--interface", wish.interface, "by which packets come; else the default route's")
        ->needs(role)
        ->option_text("INTERFACE");
    wish.decap_pins = "/sys/fs/bpf/lbd-decap";
    app.add_option("--decap-pins", wish.decap_pins, "where lbd-decap has its pins")
        ->envname("LBD_DECAP_PINS")
        ->capture_default_str()
        ->option_text("FOLDER");
}

}  // namespace

Outcome<DoctorView> examine(const Session& session, const Examinee& examinee) {
    const auto subject =
        examinee.file.empty() ? running_or_next(session, examinee.next) : in_file(examinee.file);
    if (!subject) return tl::unexpected{subject.error()};
    DoctorView doctor{subject->name, look_at_host(session, subject->spec, examinee.pins), {}};
    doctor.verdicts = checklist::judge(doctor.facts, subject->spec);
    if (!examinee.file.empty()) return doctor;
    auto looked = look_at_forwarding(session, subject->spec, doctor.facts, examinee.backends);
    if (!looked) return tl::unexpected{looked.error()};
    doctor.forwarding = diagnosis::summary(looked->facts);
    doctor.troubles = diagnosis::of_forwarding({subject->spec, doctor.facts, looked->facts});
    doctor.unknown = std::move(looked->unknown);
    return doctor;
}

Action doctor_verb(CLI::App& app) {
    const auto options = std::make_shared<DoctorOptions>();  // shared by app and action
    auto* file = app.add_option("file", options->examinee.file,
                                "only the host, for this configuration; default: the running one, "
                                "else /etc/lbd/lbd.yaml, and how it forwards")
                     ->option_text("FILE");
    app.add_option("--backend", options->backends, "ask this one, healthy or not; repeatable")
        ->excludes(file)
        ->allow_extra_args(false)
        ->option_text("POOL/BACKEND");
    app.add_option("--config", options->examinee.next,
                   "the file that should run, where lbd does not; default: /etc/lbd/lbd.yaml")
        ->excludes(file)
        ->option_text("FILE");
    declare_pins(app, options->examinee.pins);
    declare_backend(app, options->backend);
    return [options](const Session& session) {
        return options->backend.is_wanted ? as_backend(session, options->backend)
                                          : as_balancer(session, *options);
    };
}

}  // namespace lb::cli
