// SPDX-License-Identifier: Apache-2.0
/// doctor: is this host fit for a configuration?  It needs no lbd; what lives is asked which
/// configuration that is, and whose limits count.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "checklist/host.hpp"
#include "cli/candidate.hpp"
#include "cli/doctor.hpp"
#include "cli/host.hpp"
#include "config/reader.hpp"
#include "model/json_host.hpp"

namespace lb::cli {
namespace {

constexpr auto kFile = "/etc/lbd/lbd.yaml";

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

}  // namespace

Outcome<DoctorView> examine(const Session& session, const Examinee& examinee) {
    const auto subject =
        examinee.file.empty() ? running_or_next(session, examinee.next) : in_file(examinee.file);
    if (!subject) return tl::unexpected{subject.error()};
    DoctorView doctor{subject->name, look_at_host(session, subject->spec, examinee.pins), {}};
    doctor.verdicts = checklist::judge(doctor.facts, subject->spec);
    return doctor;
}

Action doctor_verb(CLI::App& app) {
    const auto examinee = std::make_shared<Examinee>(Examinee{{}, kFile, {}});  // app and action
    app.add_option("file", examinee->file,
                   "configuration; default: the running one, else /etc/lbd/lbd.yaml")
        ->option_text("FILE");
    declare_pins(app, examinee->pins);
    return [examinee](const Session& session) -> Outcome<Exit> {
        const auto doctor = examine(session, *examinee);
        if (!doctor) return tl::unexpected{doctor.error()};
        std::cout << (session.format == Format::json ? json::print(*doctor)
                                                     : told(*doctor, session.style));
        return exit_of(*doctor);
    };
}

}  // namespace lb::cli
