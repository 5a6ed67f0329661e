// SPDX-License-Identifier: Apache-2.0
/// What a name server may send: any bytes.  The first byte chooses the question.
#include <array>
#include <cstdint>
#include <string_view>

#include "health/dns_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    constexpr std::array types{lb::DnsType::a, lb::DnsType::aaaa, lb::DnsType::ns, lb::DnsType::soa,
                               lb::DnsType::txt};
    lb::Question question;
    question.type = lb::CheckType::dns;
    question.name = "a.example";
    question.qtype = types.at(data[0] % types.size());
    question.expect_answer = data[0] & 0x80 ? "192.0.2.7" : "ns.example";
    const std::string_view message{reinterpret_cast<const char*>(data) + 1, size - 1};
    const auto id = size > 2 ? static_cast<std::uint16_t>(data[1] << 8 | data[2]) : std::uint16_t{};
    (void)lb::health::judge_dns(message, question, id);
    return 0;
}
