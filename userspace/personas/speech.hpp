// SPDX-License-Identifier: Apache-2.0
/// Speech: what a persona says on one connection, given what it hears.  Knows no socket and no
/// time: when it is said, and how fast, is the connection's business.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "personas/answer.hpp"

namespace lb::personas {

class Speech {
public:
    virtual ~Speech() = default;
    Speech(const Speech&) = delete;

    /// What was heard since the last call, nothing at the beginning.  Returns what to say now,
    /// perhaps nothing.
    virtual std::string hear(std::string_view bytes) = 0;
    /// All was said, and the end of the stream is a part of it.
    virtual bool is_over() const { return false; }

protected:
    Speech() = default;
};

/// In the language of the question's type, which is none that uses datagrams.
std::unique_ptr<Speech> make_speech(Persona persona, const Question& question);

/// HTTP/2 (RFC 9113) with `answer` to every request.
std::unique_ptr<Speech> make_http2_speech(HttpAnswer answer);

/// Is it HTTP/2 that is spoken?
bool is_http2(const Question& question);

}  // namespace lb::personas
