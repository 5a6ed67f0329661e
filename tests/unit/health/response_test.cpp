// SPDX-License-Identifier: Apache-2.0
/// GrpcResponse; what HttpResponse does is seen in probe_http_test.
#include "health/response.hpp"

#include <gtest/gtest.h>

#include "support/random.hpp"

namespace lb::health {
namespace {

using namespace std::string_literals;

const auto kServingMessage = "\0\0\0\0\x02\x08\x01"s;

Question serving(const std::string& service = "") {
    Question question;
    question.type = CheckType::grpc;
    question.grpc_service = service;
    return question;
}

/// Headers, this body, and these trailers; "200 ok" if the status is not said.
CheckResult judged(const std::string& body, const std::string& trailer = "grpc-status: 0\r\n",
                   long status = 200) {
    const auto asked = serving();
    GrpcResponse response{asked};
    const bool goes_on = response.header("HTTP/2 " + std::to_string(status) + "\r\n", status) &&
                         response.header("content-type: application/grpc\r\n", status) &&
                         response.header("\r\n", status) && response.body(body) &&
                         (trailer.empty() || response.header(trailer, status));
    return goes_on ? response.end(status) : *response.verdict();
}

TEST(GrpcRequest, IsAFramedMessage) {
    EXPECT_EQ(grpc_request(serving()), "\0\0\0\0\0"s);
    EXPECT_EQ(grpc_request(serving("shop")), "\0\0\0\0\x06\x0a\x04shop"s);
    const std::string long_name(200, 'x');
    EXPECT_EQ(grpc_request(serving(long_name)), "\0\0\0\0\xcb\x0a\xc8\x01"s + long_name);
}

TEST(GrpcResponse, PassesWhenItIsServing) {
    EXPECT_EQ(judged(kServingMessage).reason, CheckReason::ok);
    EXPECT_EQ(judged("\0\0\0\0\x04\x10\x05\x08\x01"s).reason, CheckReason::ok) << "a field more";
}

TEST(GrpcResponse, SaysWhatItIsInstead) {
    const auto not_serving = judged("\0\0\0\0\x02\x08\x02"s);
    EXPECT_EQ(describe(not_serving), "backend.not_serving 2");
    EXPECT_EQ(describe(judged("\0\0\0\0\0"s)), "backend.not_serving 0") << "UNKNOWN is not written";
}

TEST(GrpcResponse, KnowsTheCodesThatPointToTheConfiguration) {
    EXPECT_EQ(describe(judged("", "Grpc-Status: 5\r\n")), "backend.grpc_service");
    EXPECT_EQ(describe(judged("", "grpc-status: 12\r\n")), "backend.grpc_no_check");
    EXPECT_EQ(describe(judged("", "grpc-status: 14\r\n")), "backend.grpc 14");
    EXPECT_EQ(describe(judged("", "", 404)), "backend.status 404");
}

TEST(GrpcResponse, IsMalformedWithoutATrailerOrAWholeMessage) {
    EXPECT_EQ(judged(kServingMessage, "").reason, CheckReason::backend_malformed);
    EXPECT_EQ(judged(kServingMessage, "grpc-status: x\r\n").reason, CheckReason::backend_malformed);
    for (std::size_t size = 0; size < kServingMessage.size(); ++size)
        EXPECT_EQ(judged(kServingMessage.substr(0, size)).reason, CheckReason::backend_malformed)
            << size;
    EXPECT_EQ(judged(kServingMessage + '\0').reason, CheckReason::backend_malformed);
    EXPECT_EQ(judged("\x01\0\0\0\x02\x08\x01"s).reason, CheckReason::backend_malformed)
        << "compressed, and nobody offered that";
    EXPECT_EQ(judged("\0\0\0\0\x02\x09\x01"s).reason, CheckReason::backend_malformed);
    EXPECT_EQ(judged("\0\0\0\0\x02\x08\x81"s).reason, CheckReason::backend_malformed);
    EXPECT_EQ(judged(std::string(5000, 'x')).reason, CheckReason::backend_too_large);
}

TEST(GrpcResponse, SurvivesAnyMessage) {
    auto random = test::seeded_random();
    for (int i = 0; i < 20000; ++i) {
        auto message = kServingMessage + "\x10\x05\x1a\x01"s;
        message[4] = static_cast<char>(message.size() - 5);
        for (int byte = 0; byte < 3; ++byte)
            message[random() % message.size()] = static_cast<char>(random());
        const auto result = judged(message);
        EXPECT_NE(result.outcome, Outcome::inconclusive);
    }
}

}  // namespace
}  // namespace lb::health
