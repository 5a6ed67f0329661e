// SPDX-License-Identifier: Apache-2.0
/// The steps from a text to a generation that need no kernel: the one place where a configuration
/// is judged, whoever brings it.  (plan, preflight and the verify window join here.)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "checklist/change.hpp"
#include "config/reader.hpp"
#include "model/memory.hpp"
#include "model/view.hpp"

namespace lb::change {

/// A configuration that may become a generation.
struct Candidate {
    Spec spec;
    std::string text;  ///< canonical, secrets included
    std::string hash;  ///< of `text`, equal on hosts that agree
    Findings warnings;
    Findings objections{};  ///< errors: it runs all the same (adopt)
    /// Of each vip, of what decides where its connections go: itself, its pool and the seed.  Equal
    /// on hosts that are to send them the same way, whatever else they differ in: not in it are
    /// `source` and `interface` of a check, and what people say with `lbctl`.
    std::map<std::string, std::string> vip_hashes{};
};

/// 12 hexadecimal digits.  It finds differences; it is no proof of origin.
std::string hash_of(const std::string& text, const Seed& key = {});

/// Reads and judges `text` with the code that `lbctl check` uses.  A refusal holds every error.
/// `today`: as in checklist::review().
std::variant<Candidate, Refusal> validate(const std::string& text, const std::string& filename,
                                          const config::FileReader& files,
                                          std::optional<Date> today);

/// Ready to run: with `own`, the seed that lbd has made, where the configuration gives none, and
/// with the hashes of its vips.
void give_seed(Candidate& candidate, const std::optional<Seed>& own);

/// A generation that ran before, and that this lbd may be stricter about: rules may object, and it
/// is taken as it is.  Only what cannot be read is refused, as nobody knows what it would mean.
std::variant<Candidate, Refusal> adopt(const std::string& text, const std::string& filename,
                                       const config::FileReader& files);

struct Guarded {
    Findings accepted;  ///< errors that somebody lets pass
    Findings warnings;
};

/// What the rules about `change` say to it, with `accepts` ("LB701:web") and their `reason`; or why
/// it is refused.  Before the preflight an accept may still match nothing.
std::variant<Guarded, Refusal> guard(const checklist::Change& change,
                                     const std::vector<std::string>& accepts,
                                     const std::string& reason);

/// Where a rollback without a number leads: the newest confirmed generation before `running` with
/// another configuration than that one, and than those that were undone after it.  0: there is
/// none.
std::uint64_t predecessor(const std::vector<GenerationMeta>& newest_first, std::uint64_t running);

/// What runs after a restart: `current`, or the last confirmed one before it if it was still
/// watched, or waited for a word.
std::uint64_t restarts_with(const std::vector<GenerationMeta>& newest_first, std::uint64_t current);

/// What the running maps cannot take over, another seed or other limits, and the way out.  Empty:
/// nothing.
std::string needs_new_maps(const Spec& running, const Spec& candidate);

}  // namespace lb::change
