// SPDX-License-Identifier: Apache-2.0
/// values: one node of the tree to one value of a type, or why not.
///
/// Nothing is corrected: numbers are decimal digits without quotes, sign or leading zero, words
/// are exactly those of the table.  `node` is a scalar unless the overload says otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "config/yaml.hpp"

namespace lb::config {

/// What is wrong with a value, and the way out.
struct Complaint {
    std::string message;
    std::string fix;
    Where where;
};

/// Empty: `into` holds the value.  Else `into` is as it was.
using Taken = std::optional<Complaint>;

/// "'fast' is not known".
Taken complain(const yaml::Node& node, const std::string& what, std::string fix = {});

Taken take(const yaml::Node& node, const Field& field, int& into);
Taken take(const yaml::Node& node, const Field& field, Floor& into);
Taken take(const yaml::Node& node, const Field& field, std::uint32_t& into);
Taken take(const yaml::Node& node, const Field& field, std::uint16_t& into);
Taken take(const yaml::Node& node, const Field& field, std::optional<std::uint16_t>& into);
Taken take(const yaml::Node& node, const Field& field, milliseconds& into);
Taken take(const yaml::Node& node, const Field& field, std::optional<milliseconds>& into);
Taken take(const yaml::Node& node, const Field& field, std::optional<Date>& into);
Taken take(const yaml::Node& node, const Field& field, Address& into);
Taken take(const yaml::Node& node, const Field& field, std::optional<Address>& into);
Taken take(const yaml::Node& node, const Field& field, std::string& into);
Taken take(const yaml::Node& node, const Field& field, ForwardMode& into);
Taken take(const yaml::Node& node, const Field& field, AllDown& into);
Taken take(const yaml::Node& node, const Field& field, AdminState& into);
Taken take(const yaml::Node& node, const Field& field, Tracking& into);
Taken take(const yaml::Node& node, const Field& field, CheckType& into);
Taken take(const yaml::Node& node, const Field& field, CheckVia& into);
Taken take(const yaml::Node& node, const Field& field, HttpMethod& into);
Taken take(const yaml::Node& node, const Field& field, HttpVersion& into);
Taken take(const yaml::Node& node, const Field& field, DnsType& into);
Taken take(const yaml::Node& node, const Field& field, DnsRcode& into);
Taken take(const yaml::Node& node, const Field& field, Protocol& into);
Taken take(const yaml::Node& node, const Field& field, Affinity& into);
Taken take(const yaml::Node& node, const Field& field, Unmatched& into);
Taken take(const yaml::Node& node, const Field& field, bool& into);
/// "443", "8000-8100", "any"
Taken take(const yaml::Node& node, const Field& field, PortRange& into);
/// "200", "200-299"
Taken take(const yaml::Node& node, const Field& field, StatusRange& into);
/// A list of networks, each once.
Taken take(const yaml::Node& node, const Field& field, std::vector<Prefix>& into);
/// ADDRESS:PORT
Taken take(const yaml::Node& node, const Field& field, std::optional<Endpoint>& into);
/// A list of those, each once.
Taken take(const yaml::Node& node, const Field& field, std::vector<Endpoint>& into);
/// A list of texts, each once.
Taken take(const yaml::Node& node, const Field& field, std::vector<std::string>& into);
/// A scalar, or a list of scalars.
Taken take(const yaml::Node& node, const Field& field, std::vector<StatusRange>& into);

/// 32 hexadecimal digits.
std::optional<Seed> parse_seed(std::string_view text);

}  // namespace lb::config
