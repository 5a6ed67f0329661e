// SPDX-License-Identifier: Apache-2.0
#include "health/dns_message.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <strings.h>

#include "base/address.hpp"
#include "model/classify.hpp"

namespace lb::health {
namespace {

constexpr std::uint16_t kRecursionDesired = 0x0100;

std::string without_last_dot(std::string name) {
    if (name.size() > 1 && name.ends_with('.')) name.pop_back();
    return name;
}

bool same_name(const std::string& a, const std::string& b) {
    return strcasecmp(without_last_dot(a).c_str(), without_last_dot(b).c_str()) == 0;
}

/// The record's data as people write it: an address, a name, or the text of a TXT; else empty.
std::string data_of(ns_msg message, const ns_rr& record) {
    const auto* data = ns_rr_rdata(record);
    const std::size_t size = ns_rr_rdlen(record);
    std::array<char, NS_MAXDNAME> name{};
    switch (ns_rr_type(record)) {
        case ns_t_a:
            return size == 4 && inet_ntop(AF_INET, data, name.data(), name.size()) ? name.data()
                                                                                   : "";
        case ns_t_aaaa:
            return size == 16 && inet_ntop(AF_INET6, data, name.data(), name.size()) ? name.data()
                                                                                     : "";
        case ns_t_txt:  // its first string
            return size > 0 && data[0] < size
                       ? std::string{reinterpret_cast<const char*>(data) + 1, data[0]}
                       : "";
        case ns_t_ns:
        case ns_t_soa:
            if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), data, name.data(),
                                   name.size()) < 0)
                return "";
            return name.data();
        default:
            return "";
    }
}

bool is_wanted(const std::string& data, const Question& question) {
    const auto wanted = Address::parse(question.expect_answer);
    if (wanted) return Address::parse(data) == wanted;
    if (question.qtype == DnsType::txt) return data == question.expect_answer;
    return same_name(data, question.expect_answer);
}

bool holds_the_answer(ns_msg message, const Question& question) {
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
        ns_rr record;
        if (ns_parserr(&message, ns_s_an, i, &record) != 0) return false;
        if (ns_rr_type(record) == static_cast<int>(question.qtype) &&
            is_wanted(data_of(message, record), question))
            return true;
    }
    return false;
}

bool is_about(ns_msg message, const Question& question) {
    ns_rr asked;
    return ns_msg_count(message, ns_s_qd) == 1 && ns_parserr(&message, ns_s_qd, 0, &asked) == 0 &&
           ns_rr_type(asked) == static_cast<int>(question.qtype) && ns_rr_class(asked) == ns_c_in &&
           same_name(ns_rr_name(asked), question.name);
}

}  // namespace

std::optional<std::string> dns_query(const Question& question, std::uint16_t id) {
    std::array<unsigned char, NS_PACKETSZ> bytes{};
    std::size_t size = 0;
    const auto put = [&](unsigned word) {
        ns_put16(word, bytes.data() + size);
        size += 2;
    };
    for (const unsigned word : {unsigned{id}, unsigned{kRecursionDesired}, 1U, 0U, 0U, 0U})
        put(word);
    const auto room = static_cast<int>(bytes.size() - size) - 4;
    const int name = dn_comp(question.name.c_str(), bytes.data() + size, room, nullptr, nullptr);
    if (name < 0) return {};
    size += static_cast<std::size_t>(name);
    put(static_cast<unsigned>(question.qtype));
    put(ns_c_in);
    return std::string{reinterpret_cast<const char*>(bytes.data()), size};
}

std::optional<CheckResult> judge_dns(std::string_view bytes, const Question& question,
                                     std::uint16_t id) {
    ns_msg message;
    if (ns_initparse(reinterpret_cast<const unsigned char*>(bytes.data()),
                     static_cast<int>(bytes.size()), &message) != 0)
        return failed(CheckReason::backend_malformed);
    if (ns_msg_id(message) != id) return {};
    if (ns_msg_getflag(message, ns_f_qr) == 0 || !is_about(message, question))
        return failed(CheckReason::backend_malformed);
    const int rcode = ns_msg_getflag(message, ns_f_rcode);
    if (rcode != static_cast<int>(question.expect_rcode))
        return failed(CheckReason::backend_rcode, rcode);
    const bool is_whole = ns_msg_getflag(message, ns_f_tc) == 0;
    if (is_whole && !question.expect_answer.empty() && !holds_the_answer(message, question))
        return failed(CheckReason::backend_answer);
    return CheckResult{Outcome::pass, CheckReason::ok, {}, 0};
}

}  // namespace lb::health
