// SPDX-License-Identifier: Apache-2.0
/// What a run has met: a differential test that only sees drops would agree, too.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model_answer.hpp"
#include "parties.hpp"

namespace lb::test {

class Mix {
public:
    void add(const model::Answer& answer);
    void add(const Mix& other);
    /// How often each kind was met, one a line.
    std::string text() const;
    /// Kinds that a run of some length must have met and has not, or hardly.
    std::string missing() const;

    static std::string name(lb_verdict verdict);

private:
    std::map<std::string, std::uint64_t> counts_;
    std::uint64_t frames_ = 0;
};

/// Where they differ, for people.
std::string difference(const Traces& is, const Traces& should_be);

}  // namespace lb::test
