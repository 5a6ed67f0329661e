// SPDX-License-Identifier: Apache-2.0
/// Recent: the generations as lbd knows them, whatever becomes of the disk: where a way back leads,
/// and what it needs.  Invariant: those that the store keeps, with no more text than there is room
/// for: beyond it the older ones are known, and have to be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "change/store.hpp"
#include "model/memory.hpp"

namespace lb::change {

class Recent {
public:
    struct Known {
        GenerationMeta meta;  ///< without what was let pass if there is no `config`
        std::shared_ptr<const std::string> config;  ///< shared with who judges it; may be nothing
    };
    /// Fifty of two thousand backends, twelve of ten thousand.
    static constexpr std::size_t kRoom = std::size_t{8} << 20;

    /// As many as prune() of the store is told.
    explicit Recent(std::size_t count, std::size_t room = kRoom) : count_{count}, room_{room} {}

    /// All that it has.  It may block.
    void take_over(const Store& store);
    /// A way back needs no memory for its text: it is that of another one.
    void add(GenerationMeta meta, const std::string& config);
    void set_state(std::uint64_t number, GenerationState state, const std::string& why);

    /// The newest first.
    std::vector<GenerationMeta> history() const;
    /// Until the next one is added; nullptr: nothing is known of it.
    const Known* find(std::uint64_t number) const;

private:
    std::shared_ptr<const std::string> kept(const std::string& config) const;
    void forget_the_oldest();

    std::size_t count_, room_;
    std::map<std::uint64_t, Known, std::greater<>> known_;
};

}  // namespace lb::change
