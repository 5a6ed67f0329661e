// SPDX-License-Identifier: Apache-2.0
#include "health/wire.hpp"

#include <cstring>
#include <random>

#include <gtest/gtest.h>

namespace lb::health {
namespace {

using namespace std::chrono_literals;

Definition an_http_check() {
    Definition definition;
    definition.type = CheckType::http;
    definition.backend = Endpoint::parse("[2001:db8::7]:8080").value();
    definition.timeout = 750ms;
    definition.path = "/healthz?deep=1";
    definition.host = "www.example.org:81";
    definition.expect_status = {{200, 204}, {301, 301}};
    definition.expect_body = "all is well\n";
    definition.from_lbd = true;
    definition.source = Address::parse("2001:db8::9").value();
    definition.interface = "eth1.100";
    return definition;
}

std::vector<Request> requests() {
    Definition tcp;
    tcp.backend = Endpoint::parse("10.0.1.11:80").value();
    return {Define{7, an_http_check()}, Define{8, tcp}, Forget{9}, Run{10, 4000000000U, false},
            Run{11, 12, true}};
}

std::vector<std::string> packets() {
    std::vector<std::string> packets;
    for (const auto& request : requests())
        packets.push_back(encode(request).value());
    return packets;
}

const CheckResult kNoListener{Outcome::fail, CheckReason::backend_refused, 1234us, 0};

TEST(Wire, ARequestArrivesAsItWasSent) {
    for (const auto& request : requests()) {
        const auto arrived = decode_request(encode(request).value());
        ASSERT_TRUE(arrived);
        EXPECT_EQ(*arrived, request);
    }
}

TEST(Wire, AnAnswerHas32BytesAndArrivesAsItWasSent) {
    CheckResult result{Outcome::fail, CheckReason::backend_status, 987654us, 503};
    const auto packet = encode(Reply{Answer{5, 6, result}});
    EXPECT_EQ(packet.size(), 32u);
    const auto arrived = decode_reply(packet);
    ASSERT_TRUE(arrived);
    const auto& answer = std::get<Answer>(*arrived);
    EXPECT_EQ(answer.check, 5u);
    EXPECT_EQ(answer.sequence, 6u);
    EXPECT_EQ(answer.result.outcome, result.outcome);
    EXPECT_EQ(answer.result.reason, result.reason);
    EXPECT_EQ(answer.result.duration, result.duration);
    EXPECT_EQ(answer.result.detail, result.detail);
}

TEST(Wire, ATranscriptArrivesAsItWasSentAndIsCutAtItsLimit) {
    const auto arrived = decode_reply(encode(Reply{Transcript{1, 2, "> GET /\n< 200\n"}}));
    ASSERT_TRUE(arrived);
    EXPECT_EQ(std::get<Transcript>(*arrived).text, "> GET /\n< 200\n");
    const auto longest = decode_reply(encode(Reply{Transcript{1, 2, std::string(5000, 'x')}}));
    ASSERT_TRUE(longest);
    EXPECT_EQ(std::get<Transcript>(*longest).text.size(), kLargestTranscript);
}

TEST(Wire, ARequestCutAnywhereIsRefused) {
    for (const auto& packet : packets())
        for (std::size_t size = 0; size < packet.size(); ++size)
            EXPECT_FALSE(decode_request(packet.substr(0, size))) << size;
}

TEST(Wire, ARequestWithMoreBehindItIsRefused) {
    for (const auto& packet : packets())
        EXPECT_FALSE(decode_request(packet + '\0'));
}

TEST(Wire, ARunIsVerboseOrNot) {
    auto packet = encode(health::Run{1, 2, true}).value();
    packet.back() = 2;
    EXPECT_FALSE(decode_request(packet));
}

TEST(Wire, AReplyCutOrLengthenedAnywhereIsRefused) {
    for (const auto& packet :
         {encode(Reply{Answer{1, 2, kNoListener}}), encode(Reply{Transcript{1, 2, "text"}})}) {
        for (std::size_t size = 0; size < packet.size(); ++size)
            EXPECT_FALSE(decode_reply(packet.substr(0, size))) << size;
        EXPECT_FALSE(decode_reply(packet + '\0'));
        EXPECT_FALSE(decode_reply(packet + std::string(9000, 'x')));
    }
}

TEST(Wire, AnotherKindOrVersionIsRefused) {
    auto request = encode(Request{Forget{1}}).value();
    auto reply = encode(Reply{Answer{1, 2, kNoListener}});
    EXPECT_FALSE(decode_request(reply));
    EXPECT_FALSE(decode_reply(request));
    for (std::size_t byte = 1; byte < 4; ++byte) {  // version, 'B', 'L'; byte 0 is the kind
        auto other = request;
        other[byte] ^= 1;
        EXPECT_FALSE(decode_request(other)) << byte;
        other = reply;
        other[byte] ^= 1;
        EXPECT_FALSE(decode_reply(other)) << byte;
    }
}

/// Of all outcomes and reasons, exactly those that belong together.
TEST(Wire, AnAnswerThatContradictsItselfIsRefused) {
    const auto packet = encode(Reply{Answer{1, 2, kNoListener}});
    int accepted = 0;
    for (int outcome = 0; outcome < 256; ++outcome)
        for (int reason = 0; reason < 256; ++reason) {
            auto changed = packet;
            changed[12] = static_cast<char>(outcome);
            changed[13] = static_cast<char>(reason);
            if (!decode_reply(changed)) continue;
            ++accepted;
            const bool local = reason >= static_cast<int>(CheckReason::local_descriptors);
            EXPECT_EQ(outcome, reason == 0 ? 0 : local ? 2 : 1);
        }
    EXPECT_EQ(accepted, static_cast<int>(CheckReason::count));
}

TEST(Wire, AnAnswerOutOfRangeIsRefused) {
    const auto packet = encode(Reply{Answer{1, 2, kNoListener}});
    auto reserved = packet;
    reserved[31] = 1;
    EXPECT_FALSE(decode_reply(reserved));
    auto duration = packet;
    duration[23] = 1;  // the top byte: thousands of years
    EXPECT_FALSE(decode_reply(duration));
}

TEST(Wire, ATranscriptWithControlCharactersIsRefused) {
    for (int byte = 0; byte < 256; ++byte) {
        const bool printable = byte == '\n' || (byte >= 0x20 && byte <= 0x7e);
        const std::string text{'a', static_cast<char>(byte)};
        EXPECT_EQ(decode_reply(encode(Reply{Transcript{1, 2, text}})).has_value(), printable)
            << byte;
    }
}

TEST(Wire, ADefinitionBeyondItsLimitsIsNotSent) {
    const auto sent = [](auto change) {
        auto definition = an_http_check();
        change(definition);
        return encode(Request{Define{1, definition}}).has_value();
    };
    EXPECT_TRUE(sent([](Definition& d) { d.path = std::string(kLongestText, 'p'); }));
    EXPECT_FALSE(sent([](Definition& d) { d.path = std::string(kLongestText + 1, 'p'); }));
    EXPECT_FALSE(sent([](Definition& d) { d.path = "/ HTTP/1.1\r\nEvil: 1"; }));
    EXPECT_TRUE(sent([](Definition& d) { d.host = std::string(kLongestName, 'h'); }));
    EXPECT_FALSE(sent([](Definition& d) { d.host = std::string(kLongestName + 1, 'h'); }));
    EXPECT_FALSE(sent([](Definition& d) { d.host = "www\r\nEvil: 1"; }));
    EXPECT_TRUE(sent([](Definition& d) { d.expect_body = std::string(kLongestText, 'b'); }));
    EXPECT_FALSE(sent([](Definition& d) { d.expect_body = std::string(kLongestText + 1, 'b'); }));
    EXPECT_TRUE(sent([](Definition& d) { d.expect_status.resize(kMostRanges); }));
    EXPECT_FALSE(sent([](Definition& d) { d.expect_status.resize(kMostRanges + 1); }));
    EXPECT_FALSE(sent([](Definition& d) { d.backend.port = 0; }));
    EXPECT_FALSE(sent([](Definition& d) { d.timeout = 0ms; }));
    EXPECT_FALSE(sent([](Definition& d) { d.timeout = 2h; }));
}

/// Whatever single byte is another: it is refused, or it means just what it says.
TEST(Wire, ThereIsOneWayToSayAThing) {
    auto definition = an_http_check();
    definition.type = CheckType::https;
    definition.sni = "a";
    definition.send = definition.expect = definition.name = "b";
    definition.qtype = DnsType::txt;
    definition.expect_rcode = DnsRcode::refused;
    for (const auto& request :
         {Request{Define{1, definition}}, Request{health::Run{1, 2, true}}, Request{Forget{3}}}) {
        const auto packet = encode(request).value();
        EXPECT_EQ(decode_request(packet).value(), request);
        for (std::size_t at = 0; at < packet.size(); ++at)
            for (int byte = 0; byte < 256; ++byte) {
                auto changed = packet;
                changed[at] = static_cast<char>(byte);
                const auto read = decode_request(changed);
                ASSERT_TRUE(!read || encode(*read).value() == changed) << at << ": " << byte;
            }
    }
}

TEST(Wire, TheLargestDefinitionFitsInOnePacket) {
    auto definition = an_http_check();
    definition.path = std::string(kLongestText, 'p');
    definition.host = std::string(kLongestName, 'h');
    for (auto* text : {&definition.expect_body, &definition.expect_header, &definition.tls_ca,
                       &definition.send, &definition.expect})
        *text = std::string(kLongestText, 'b');
    for (auto* name : {&definition.sni, &definition.name, &definition.expect_answer})
        *name = std::string(kLongestName, 'n');
    definition.expect_status.resize(kMostRanges);
    EXPECT_LE(encode(Request{Define{1, definition}}).value().size(), kLargestMessage);
}

TEST(Wire, ARandomlyDamagedPacketIsRefusedOrStillInRange) {
    const auto seed = std::random_device{}();
    std::mt19937_64 random{seed};
    for (int i = 0; i < 20000; ++i) {
        auto packet = packets()[random() % requests().size()];
        for (auto flips = 1 + random() % 4; flips > 0; --flips)
            packet[random() % packet.size()] = static_cast<char>(random());
        const auto arrived = decode_request(packet);
        EXPECT_TRUE(!arrived || encode(*arrived)) << "seed " << seed;  // within all limits
    }
}

}  // namespace
}  // namespace lb::health
