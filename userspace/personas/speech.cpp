// SPDX-License-Identifier: Apache-2.0
#include "personas/speech.hpp"

namespace lb::personas {
namespace {

constexpr std::size_t kMostHeard = 64 * 1024;  // by whoever talks to a persona

/// tcp: says its words after it heard `send`, or at once; then it is done.
class PlainSpeech final : public Speech {
public:
    PlainSpeech(std::string words, std::string after)
        : words_{std::move(words)}, after_{std::move(after)} {}

    std::string hear(std::string_view bytes) override {
        heard_ += bytes;
        if (is_over_ || heard_.size() > kMostHeard || heard_.find(after_) == heard_.npos) return {};
        is_over_ = true;
        return words_;
    }
    bool is_over() const override { return is_over_; }

private:
    std::string words_, after_, heard_;
    bool is_over_ = false;
};

/// HTTP/1.1: says its answer after the end of the request's headers (RFC 9112).
class Http1Speech final : public Speech {
public:
    explicit Http1Speech(const HttpAnswer& answer) {
        words_ = "HTTP/1.1 " + std::to_string(answer.status) + " As Said\r\n";
        for (const auto& [name, value] : answer.headers)
            words_ += name + ": " + value + "\r\n";
        words_ +=
            "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
    }

    std::string hear(std::string_view bytes) override {
        heard_ += bytes;
        if (is_said_ || heard_.size() > kMostHeard || heard_.find("\r\n\r\n") == heard_.npos)
            return {};
        is_said_ = true;
        return words_;
    }

private:
    std::string words_, heard_;
    bool is_said_ = false;
};

}  // namespace

bool is_http2(const Question& question) {
    return question.type == CheckType::grpc || question.http_version == HttpVersion::http2;
}

std::unique_ptr<Speech> make_speech(Persona persona, const Question& question) {
    if (question.type == CheckType::tcp)
        return std::make_unique<PlainSpeech>(plain_answer(persona, question), question.send);
    auto answer = http_answer(persona, question);
    if (is_http2(question)) return make_http2_speech(std::move(answer));
    return std::make_unique<Http1Speech>(answer);
}

}  // namespace lb::personas
