// SPDX-License-Identifier: Apache-2.0
/// Values that are one of a few words: how text() prints them is how they are written.
#include <initializer_list>

#include "config/values.hpp"

namespace lb::config {
namespace {

template <class Word>
Taken take_word(const yaml::Node& node, const Field& field, Word& into,
                std::initializer_list<Word> words) {
    for (const auto word : words) {
        if (node.text != text(word)) continue;
        into = word;
        return {};
    }
    return complain(node, "is not known", "use one of " + range_of(field));
}

}  // namespace

Taken take(const yaml::Node& node, const Field& field, ForwardMode& into) {
    return take_word(node, field, into, {ForwardMode::ipip, ForwardMode::l2, ForwardMode::gue});
}

Taken take(const yaml::Node& node, const Field& field, AllDown& into) {
    return take_word(node, field, into, {AllDown::fail_open, AllDown::fail_closed});
}

Taken take(const yaml::Node& node, const Field& field, AdminState& into) {
    return take_word(node, field, into, {AdminState::ready, AdminState::drain, AdminState::maint});
}

Taken take(const yaml::Node& node, const Field& field, Tracking& into) {
    return take_word(node, field, into, {Tracking::automatic, Tracking::always});
}

Taken take(const yaml::Node& node, const Field& field, CheckType& into) {
    return take_word(node, field, into,
                     {CheckType::tcp, CheckType::http, CheckType::https, CheckType::udp,
                      CheckType::dns, CheckType::grpc, CheckType::icmp, CheckType::none});
}

Taken take(const yaml::Node& node, const Field& field, CheckVia& into) {
    return take_word(node, field, into, {CheckVia::vip, CheckVia::direct});
}

Taken take(const yaml::Node& node, const Field& field, HttpMethod& into) {
    return take_word(node, field, into, {HttpMethod::get, HttpMethod::head});
}

Taken take(const yaml::Node& node, const Field& field, HttpVersion& into) {
    return take_word(node, field, into, {HttpVersion::http1, HttpVersion::http2});
}

Taken take(const yaml::Node& node, const Field& field, DnsType& into) {
    return take_word(node, field, into,
                     {DnsType::a, DnsType::aaaa, DnsType::ns, DnsType::soa, DnsType::txt});
}

Taken take(const yaml::Node& node, const Field& field, DnsRcode& into) {
    return take_word(node, field, into,
                     {DnsRcode::noerror, DnsRcode::formerr, DnsRcode::servfail, DnsRcode::nxdomain,
                      DnsRcode::notimp, DnsRcode::refused});
}

Taken take(const yaml::Node& node, const Field& field, Protocol& into) {
    return take_word(node, field, into, {Protocol::tcp, Protocol::udp});
}

Taken take(const yaml::Node& node, const Field& field, Affinity& into) {
    return take_word(node, field, into, {Affinity::connection, Affinity::source, Affinity::none});
}

Taken take(const yaml::Node& node, const Field& field, Unmatched& into) {
    return take_word(node, field, into, {Unmatched::pass, Unmatched::drop});
}

}  // namespace lb::config
