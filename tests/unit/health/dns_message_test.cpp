// SPDX-License-Identifier: Apache-2.0
#include "health/dns_message.hpp"

#include <gtest/gtest.h>

#include "support/random.hpp"

namespace lb::health {
namespace {

using namespace std::string_literals;

constexpr std::uint16_t kId = 0x1234;

Question question(DnsType qtype = DnsType::a) {
    Question question;
    question.type = CheckType::dns;
    question.name = "health.example.com";
    question.qtype = qtype;
    return question;
}

/// A reply to `question`, with these answers as records behind the question.
std::string reply(const Question& question, const std::string& answers = "", int count = 0) {
    auto bytes = *dns_query(question, kId);
    bytes[2] = static_cast<char>(0x81);
    bytes[7] = static_cast<char>(count);
    return bytes + answers;
}

/// A record of the name in the question, class IN, 60 s.
std::string record(DnsType type, const std::string& data) {
    return "\xc0\x0c\0"s + static_cast<char>(type) + "\0\x01\0\0\0\x3c\0"s +
           static_cast<char>(data.size()) + data;
}

CheckReason judged(const std::string& message, const Question& question) {
    const auto result = judge_dns(message, question, kId);
    return result ? result->reason : CheckReason::count;
}

TEST(DnsQuery, IsTheQuestionOfRfc1035) {
    EXPECT_EQ(dns_query(question(), kId),
              "\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x06health\x07"
              "example\x03"
              "com\0\0\x01\0\x01"s);
}

TEST(DnsQuery, IsNoneWhereTheNameIsNone) {
    auto wrong = question();
    wrong.name = std::string(64, 'a') + ".example.com";
    EXPECT_FALSE(dns_query(wrong, kId));
    wrong.name = "a..b";
    EXPECT_FALSE(dns_query(wrong, kId));
}

TEST(DnsReply, PassesWithTheExpectedCode) {
    EXPECT_EQ(judged(reply(question()), question()), CheckReason::ok);
    auto refused = reply(question());
    refused[3] = 5;
    EXPECT_EQ(judged(refused, question()), CheckReason::backend_rcode);
    auto wanted = question();
    wanted.expect_rcode = DnsRcode::refused;
    EXPECT_EQ(judged(refused, wanted), CheckReason::ok);
}

TEST(DnsReply, PassesWhenItIsTruncated) {
    auto wanted = question();
    wanted.expect_answer = "192.0.2.7";
    auto truncated = reply(wanted);
    EXPECT_EQ(judged(truncated, wanted), CheckReason::backend_answer);
    truncated[2] = static_cast<char>(truncated[2] | 2);
    EXPECT_EQ(judged(truncated, wanted), CheckReason::ok);
}

TEST(DnsReply, HoldsTheExpectedAddress) {
    auto v4 = question();
    v4.expect_answer = "192.0.2.7";
    const auto other = record(DnsType::a, "\xc0\0\x02\x08"s);
    const auto right = record(DnsType::a, "\xc0\0\x02\x07"s);
    EXPECT_EQ(judged(reply(v4, other + right, 2), v4), CheckReason::ok);
    EXPECT_EQ(judged(reply(v4, other, 1), v4), CheckReason::backend_answer);
    auto v6 = question(DnsType::aaaa);
    v6.expect_answer = "2001:DB8::7";
    const auto data = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"s;
    EXPECT_EQ(judged(reply(v6, record(DnsType::aaaa, data), 1), v6), CheckReason::ok);
    EXPECT_EQ(judged(reply(v6, record(DnsType::a, "\xc0\0\x02\x07"s), 1), v6),
              CheckReason::backend_answer);
}

TEST(DnsReply, HoldsTheExpectedNameOrText) {
    auto ns = question(DnsType::ns);
    ns.expect_answer = "NS1.health.example.com.";
    EXPECT_EQ(judged(reply(ns, record(DnsType::ns, "\x03ns1\xc0\x0c"s), 1), ns), CheckReason::ok);
    auto txt = question(DnsType::txt);
    txt.expect_answer = "ready";
    EXPECT_EQ(judged(reply(txt, record(DnsType::txt, "\x05ready"s), 1), txt), CheckReason::ok);
    EXPECT_EQ(judged(reply(txt, record(DnsType::txt, "\x09ready"s), 1), txt),
              CheckReason::backend_answer)
        << "its length lies";
}

TEST(DnsReply, MustBeToThisQuestion) {
    EXPECT_FALSE(judge_dns(reply(question()), question(), kId + 1));
    EXPECT_EQ(judged(*dns_query(question(), kId), question()), CheckReason::backend_malformed)
        << "a query is no reply";
    auto other = question();
    other.name = "www.example.com";
    EXPECT_EQ(judged(reply(other), question()), CheckReason::backend_malformed);
    EXPECT_EQ(judged(reply(question(DnsType::txt)), question()), CheckReason::backend_malformed);
    auto loud = question();
    loud.name = "HEALTH.example.COM";
    EXPECT_EQ(judged(reply(loud), question()), CheckReason::ok);
}

TEST(DnsReply, HoldsTheAnswerInARecordOfTheTypeThatWasAsked) {
    auto a = question(DnsType::a);
    a.expect_answer = "192.0.2.7";
    const auto address = "\xc0\x00\x02\x07"s;
    ASSERT_EQ(judged(reply(a, record(DnsType::a, address), 1), a), CheckReason::ok);
    auto aaaa = question(DnsType::aaaa);
    aaaa.expect_answer = a.expect_answer;
    EXPECT_EQ(judged(reply(aaaa, record(DnsType::a, address), 1), aaaa),
              CheckReason::backend_answer);
}

TEST(DnsReply, CompressionThatLoopsIsNoAnswer) {
    auto ns = question(DnsType::ns);
    ns.expect_answer = "ns1.example.com";
    auto message = reply(ns, record(DnsType::ns, "\xc0\0"s), 1);
    message.back() = static_cast<char>(message.size() - 2);  // points to itself
    EXPECT_EQ(judged(message, ns), CheckReason::backend_answer);
}

TEST(DnsReply, CutOrDamagedAnywhereIsSurvived) {
    auto txt = question(DnsType::txt);
    txt.expect_answer = "ready";
    const auto whole = reply(txt, record(DnsType::txt, "\x05ready"s), 1);
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(judged(whole.substr(0, size), txt), CheckReason::ok) << size;
    auto random = test::seeded_random();
    for (int i = 0; i < 20000; ++i) {
        auto damaged = whole;
        for (int byte = 0; byte < 4; ++byte)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        (void)judge_dns(damaged, txt, kId);  // the sanitizers watch
    }
}

}  // namespace
}  // namespace lb::health
