// SPDX-License-Identifier: Apache-2.0
/// What the table demands; how a persona looks to a check is tested in trials_test.cpp.
#include "personas/persona.hpp"

#include <gtest/gtest.h>

#include "unit/config/documents.hpp"

namespace lb::personas {
namespace {

Question question(CheckType type) {
    Question question;
    question.type = type;
    return question;
}

Must must(Persona persona, const Question& asked) {
    return demand(persona, asked).must;
}

TEST(Persona, TheTableIsInTheDocumentation) {
    const auto page = test::text_of("docs/lbctl.md");
    const std::string begin = "<!-- personas -->\n", end = "<!-- end of personas -->\n";
    const auto first = page.find(begin), last = page.find(end);
    ASSERT_TRUE(first != page.npos && last != page.npos);
    EXPECT_EQ(page.substr(first + begin.size(), last - first - begin.size()), table());
}

TEST(Persona, EveryTypeHasOneThatItMustPassAndOneThatItMustNot) {
    for (const auto type : {CheckType::tcp, CheckType::udp, CheckType::dns, CheckType::http,
                            CheckType::https, CheckType::grpc}) {
        EXPECT_EQ(must(Persona::ok, question(type)), Must::be_up) << text(type);
        EXPECT_EQ(must(Persona::refuse, question(type)), Must::be_down) << text(type);
        EXPECT_EQ(obstacle(question(type)), "") << text(type);
    }
}

TEST(Persona, WhatACheckDoesNotLookAtItCannotSee) {
    const auto tcp = demand(Persona::accept_then_hang, question(CheckType::tcp));
    EXPECT_EQ(tcp.must, Must::be_any);
    EXPECT_NE(tcp.blind.find("add expect"), std::string::npos);
    auto asks = question(CheckType::tcp);
    asks.expect = "220 ";
    EXPECT_EQ(must(Persona::accept_then_hang, asks), Must::be_down);
}

TEST(Persona, ABodyAndAHeaderIdentify) {
    auto http = question(CheckType::http);
    EXPECT_EQ(must(Persona::wrong_body, http), Must::be_any);
    EXPECT_EQ(must(Persona::wrong_identity, http), Must::be_any);
    http.expect_header = "X-Shop:";
    EXPECT_EQ(must(Persona::wrong_body, http), Must::be_any);
    EXPECT_EQ(must(Persona::wrong_identity, http), Must::be_down);
    http.expect_body = "shop";
    EXPECT_EQ(must(Persona::wrong_body, http), Must::be_down);
}

TEST(Persona, AServerErrorIsNeverWhatWasMeant) {
    auto http = question(CheckType::http);
    http.expect_status = {{100, 599}};
    EXPECT_EQ(must(Persona::status_503, http), Must::be_down);
    auto dns = question(CheckType::dns);
    dns.expect_rcode = DnsRcode::servfail;
    EXPECT_EQ(must(Persona::dns_servfail, dns), Must::be_down);
}

TEST(Persona, ARedirectMayBeWhatWasMeant) {
    auto http = question(CheckType::http);
    EXPECT_EQ(must(Persona::redirect, http), Must::be_down);
    http.expect_status = {{200, 200}, {301, 302}};
    EXPECT_EQ(must(Persona::redirect, http), Must::be_any);
    http.expect_body = "shop";
    EXPECT_EQ(must(Persona::redirect, http), Must::be_down);
}

TEST(Persona, HeadersThatFrameAnAnswerCannotBePlayed) {
    auto http = question(CheckType::http);
    http.expect_header = "content-length: 3";
    EXPECT_NE(obstacle(http), "");
    http.expect_header = "Content-Type: text/plain";
    EXPECT_EQ(obstacle(http), "");
}

}  // namespace
}  // namespace lb::personas
