// SPDX-License-Identifier: Apache-2.0
/// The reply of a name server: the query again, with other flags and one record.
#include <array>

#include <arpa/nameser.h>
#include <resolv.h>

#include "base/address.hpp"
#include "personas/answer.hpp"

namespace lb::personas {
namespace {

constexpr std::size_t kFlags = 2, kAnswers = 6;      // places in the header
constexpr unsigned kPointer = 0xc000 | NS_HFIXEDSZ;  // to the name in the question
constexpr unsigned kRefresh = 60;                    // seconds: of a record, and all of a SOA's

std::string word(unsigned value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string name_of(const std::string& text) {
    std::array<unsigned char, NS_MAXCDNAME> bytes{};
    const int size = dn_comp(text.c_str(), bytes.data(), bytes.size(), nullptr, nullptr);
    return {reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::size_t>(std::max(size, 0))};
}

std::string address_data(const std::string& text, DnsType type) {
    const auto address = Address::parse(text).value_or(Address{});
    const std::size_t from = type == DnsType::a ? 12 : 0;  // IPv4 stands at the end
    return {address.bytes.begin() + from, address.bytes.end()};
}

/// The record's data as the wire has it: what people write is in `text`.
std::string data_of(const std::string& text, DnsType type) {
    switch (type) {
        case DnsType::a:
        case DnsType::aaaa:
            return address_data(text, type);
        case DnsType::txt:
            return static_cast<char>(text.size()) + text;
        case DnsType::soa: {
            auto data = name_of(text) + name_of("hostmaster.invalid");
            for (int i = 0; i < 5; ++i)
                data += word(0) + word(kRefresh);
            return data;
        }
        case DnsType::ns:
            break;
    }
    return name_of(text);
}

/// A record that nobody expects (RFC 5737, 3849, 2606).
std::string other_than(const std::string& expected, DnsType type) {
    const bool is_four = type == DnsType::a, is_six = type == DnsType::aaaa;
    const auto first = is_four ? "192.0.2.1" : is_six ? "2001:db8::1" : "one.invalid";
    const auto second = is_four ? "192.0.2.2" : is_six ? "2001:db8::2" : "two.invalid";
    const auto address = Address::parse(expected);
    const bool is_first = expected == first || (address && address == Address::parse(first));
    return is_first ? second : first;
}

}  // namespace

std::string dns_answer(Persona persona, const Question& question, std::string_view query) {
    if (query.size() < NS_HFIXEDSZ) return {};
    const auto rcode =
        persona == Persona::dns_servfail ? DnsRcode::servfail : question.expect_rcode;
    const bool is_right = persona != Persona::wrong_identity && persona != Persona::dns_servfail;
    const bool is_wanted = is_right && !question.expect_answer.empty();
    const auto data = data_of(
        is_wanted ? question.expect_answer : other_than(question.expect_answer, question.qtype),
        question.qtype);
    std::string reply{query};
    reply.replace(kFlags, 2, word(0x8180 | static_cast<unsigned>(rcode)));  // QR, RD, RA
    const bool has_record = rcode == DnsRcode::noerror || is_wanted;
    reply.replace(kAnswers, 2, word(has_record ? 1 : 0));
    if (has_record)
        reply += word(kPointer) + word(static_cast<unsigned>(question.qtype)) + word(ns_c_in) +
                 word(0) + word(kRefresh) + word(static_cast<unsigned>(data.size())) + data;
    return reply;
}

}  // namespace lb::personas
