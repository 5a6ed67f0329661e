// SPDX-License-Identifier: Apache-2.0
#include "api/bodies.hpp"

#include <algorithm>
#include <array>

namespace lb::api {
namespace {

constexpr std::string_view kMissing = "missing";
constexpr std::string_view kWhy = "missing; say why, for those who come after";
constexpr bool kMayBeAbsent = true;

/// Of every change of the configuration.
constexpr std::array kTerms{
    Key{"comment", Shape::line},
    Key{"change_id", Shape::line},
    Key{"expect_generation", Shape::generation},
    Key{"dry_run", Shape::flag},
    Key{"accept", Shape::accepts},
    Key{"reason", Shape::line},
};
/// Of what a person says over the configuration.
constexpr std::array kWord{
    Key{"reason", Shape::line, kWhy},
    Key{"for", Shape::duration},
    Key{"dry_run", Shape::flag},
    Key{"accept", Shape::accepts},
};

constexpr std::array kApply{
    Key{"config", Shape::text, kMissing},
    Key{"filename", Shape::line},
    Key{"confirm_within", Shape::duration},
};
constexpr std::array kGeneration{Key{"generation", Shape::generation}};
constexpr std::array kConfirm{Key{"generation", Shape::generation}, Key{"dry_run", Shape::flag}};
constexpr std::array kDiff{
    Key{"from", Shape::generation}, Key{"from_config", Shape::text}, Key{"to", Shape::generation},
    Key{"to_config", Shape::text},  Key{"text", Shape::flag},
};
constexpr std::array kState{Key{"state", Shape::state, "expected ready, drain or maint"}};
constexpr std::array kWeight{Key{"weight", Shape::number, kMissing}};
constexpr std::array kCapture{
    Key{"vip", Shape::text},       Key{"verdicts", Shape::text}, Key{"all", Shape::flag},
    Key{"packets", Shape::number}, Key{"snap", Shape::number},   Key{"for", Shape::duration},
};
constexpr std::array kProbe{Key{"vip", Shape::text}};
constexpr std::array kNote{Key{"text", Shape::line, kMissing}, Key{"dry_run", Shape::flag}};
constexpr std::array kAudit{
    Key{"alerts", Shape::names},
    Key{"alerts_trouble", Shape::words},
};

}  // namespace

const RequestBody kApplyBody{"ApplyRequest", "A whole configuration as YAML, and the terms", kApply,
                             kTerms};
const RequestBody kRollbackBody{"RollbackRequest", "Which generation runs again", kGeneration,
                                kTerms};
const RequestBody kConfirmBody{
    "ConfirmRequest", "Which generation stays", kConfirm, {}, kMayBeAbsent};
const RequestBody kDiffBody{"DiffRequest", "Two sides; one that is missing is what runs", kDiff};
const RequestBody kStateBody{"StateRequest", "The admin state of a backend", kState, kWord};
const RequestBody kWeightBody{"WeightRequest", "The weight of a backend; the number is a text",
                              kWeight, kWord};
const RequestBody kCaptureBody{"CaptureRequest", "Which packets; the numbers are texts", kCapture};
const RequestBody kProbeBody{
    "ProbeRequest", "At the address of one vip only", kProbe, {}, kMayBeAbsent};
const RequestBody kNoteBody{"NoteRequest", "A sentence for the event log", kNote};
const RequestBody kAuditBody{
    "AuditRequest", "What Prometheus has said, if it was asked", kAudit, {}, kMayBeAbsent};
const RequestBody kEmptyBody{"Nothing", "No body, or {}", {}, {}, kMayBeAbsent};

const Key* RequestBody::find(std::string_view key) const {
    for (const auto& all : {keys, shared})
        if (const auto found = std::ranges::find(all, key, &Key::name); found != all.end())
            return &*found;
    return nullptr;
}

}  // namespace lb::api
