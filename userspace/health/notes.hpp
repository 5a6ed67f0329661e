// SPDX-License-Identifier: Apache-2.0
/// Notes: what happened in one attempt, in lines for a person, safe to print.
///
/// Backends choose what stands in it: a byte that is not printable ASCII becomes \xNN, a line is
/// cut at 256 characters, the whole at kLargestTranscript.
#pragma once

#include <string>
#include <string_view>

namespace lb::health {

class Notes {
public:
    /// Unless `wanted`, nothing is kept.
    explicit Notes(bool wanted) : wanted_{wanted} {}

    bool wanted() const { return wanted_; }
    /// `mark` is '*' for what we say about it, '>' for what we sent, '<' for what came back.
    /// Text of several lines is taken apart.
    void add(char mark, std::string_view lines);
    const std::string& text() const { return text_; }

private:
    void add_line(char mark, std::string_view line);

    bool wanted_;
    std::string text_;
};

}  // namespace lb::health
