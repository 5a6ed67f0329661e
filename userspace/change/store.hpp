// SPDX-License-Identifier: Apache-2.0
/// Store: the generations on disk.  Invariant: a generation is there whole or not at all, and
/// `current` names one that was published.
///
///     <folder>/generations/<n>/config.yaml   canonical text (0600: it may hold secrets)
///     <folder>/generations/<n>/meta.json     who, when, why
///     <folder>/generations/<n>/plan.json     what was expected of it; a way back has none
///     <folder>/generations/<n>/result.json   what it did to the service
///     <folder>/current                       the number of the published generation
///     <folder>/state.json                    overrides and health states
///     <folder>/tally.json                    what is counted from one lbd to the next
///     <folder>/outdated.json                 generations that this version of lbd refuses
///     <folder>/seed                          the flow hash's seed, for a configuration without one
///     <folder>/reserve                       room for a way back when the disk is full
///
/// Every call may block (fsync): call it on the disk's thread, or before the loop runs.  What only
/// reads may run on another one: each file is replaced whole.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/siphash.hpp"
#include "model/memory.hpp"
#include "model/tally.hpp"

namespace lb::change {

struct StoredGeneration {
    std::uint64_t number = 0;
    std::string config;
};

class Store {
public:
    /// Creates the folder (0700).  Fails if it is not ours alone to write.
    static Result<Store> open(const std::string& folder);

    /// `plan`: a document; empty: there was none.
    Result<> save(const GenerationMeta& meta, const std::string& config,
                  const std::string& plan = {}) const;
    Result<> set_current(std::uint64_t number) const;
    /// A generation that was saved and not published.
    void forget(std::uint64_t number) const;
    /// Keeps the newest `count` generations, and the newest confirmed one.
    void prune(std::size_t count) const;

    /// The published generation; nullopt in an empty store.
    Result<std::optional<StoredGeneration>> current() const;
    /// Refuses a text that is not the one which was stored: whatever it says, nobody has judged it.
    Result<StoredGeneration> load(std::uint64_t number) const;
    /// plan.json; nullopt: it was published without one.
    Result<std::optional<std::string>> plan(std::uint64_t number) const;
    /// The highest number ever stored, 0: none.
    std::uint64_t newest() const;
    /// All that can be read, the newest first.
    std::vector<GenerationMeta> history() const;
    /// result.json of a generation that is kept.
    Result<> save_result(std::uint64_t number, const std::string& text) const;
    Result<std::string> result(std::uint64_t number) const;
    /// Which generations another lbd than the one that made them refuses, and why, by number; under
    /// "lbd" its version.  Empty: nobody has looked yet.
    std::map<std::string, std::string> outdated() const;
    Result<> save_outdated(const std::map<std::string, std::string>& found) const;
    Result<GenerationMeta> meta(std::uint64_t number) const;
    /// How far it has come, and why; what it did to the service tells that it was taken back, too.
    Result<> set_state(std::uint64_t number, GenerationState state, const std::string& why) const;

    /// Some room on the disk that only a way back may use.
    void keep_reserve() const;
    /// Does `write`, which stores that generation: a way back.  If it fails, once more, in the room
    /// that was kept for it.
    Result<> record_way_back(std::uint64_t number, const std::function<Result<>()>& write) const;

    Result<Memory> load_memory() const;  ///< empty if there is no file
    Result<> save_memory(const Memory& memory) const;
    Result<Lasting> load_tally() const;  ///< as if nothing had happened if there is no file
    Result<> save_tally(const Lasting& lasting) const;
    /// For a configuration without one: what was kept last, or what is made now from the kernel's
    /// random numbers, and kept.
    Result<Seed> seed() const;
    /// The maps outlive the configuration that gave it.
    Result<> keep_seed(const Seed& seed) const;

private:
    explicit Store(std::string folder) : folder_{std::move(folder)} {}
    Result<> note_undone(std::uint64_t number, const std::string& why) const;
    std::string generation_folder(std::uint64_t number) const;
    std::vector<std::uint64_t> numbers() const;

    std::string folder_;
};

}  // namespace lb::change
