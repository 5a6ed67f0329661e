// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "config/encoding.hpp"
#include "model/secret.hpp"

namespace lb::config {
namespace {

constexpr auto kQuoteIpv6 = "a literal unicast address; IPv6 in quotes: \"2001:db8::1\"";

/// Decimal digits, without a sign and without a zero in front.
std::optional<long> decimal(std::string_view text) {
    const bool is_canonical = text == "0" || (!text.empty() && text.front() >= '1');
    long value = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), value);
    if (!is_canonical || error != std::errc{} || end != text.end()) return std::nullopt;
    return value;
}

Taken take_number(const yaml::Node& node, const Field& field, long& into) {
    const auto range = range_of(field);
    const auto value = decimal(node.text);
    if (node.quoted) return complain(node, "is a text, a number is expected", "remove the quotes");
    if (!value) return complain(node, "is not a number in decimal digits", "use " + range);
    const bool is_allowed =
        field.choices.empty()
            ? *value >= field.least && *value <= field.most
            : (", " + range + ",").find(", " + std::string{node.text} + ",") != range.npos;
    if (!is_allowed) return complain(node, "is out of range", "use " + range);
    into = *value;
    return {};
}

template <class T>
Taken take_as(const yaml::Node& node, const Field& field, T& into) {
    long value = 0;
    auto complaint = take_number(node, field, value);
    if (!complaint) into = static_cast<T>(value);
    return complaint;
}

bool is_graphic(char c) {
    return c > 0x20 && c < 0x7f;
}

/// What a text must be besides its length; nullptr: it is.
const char* flaw(std::string_view key, std::string_view text) {
    if (key.ends_with(".send") || key.ends_with(".expect")) return nullptr;  // any bytes
    const bool is_path =
        key.ends_with(".path") || key.ends_with(".tls_ca") || key.ends_with(".event_hook");
    const bool is_interface = key == "node.interfaces" || key.ends_with(".interface");
    if (is_path && !text.starts_with('/')) return "does not start with /";
    if ((is_path || key.ends_with(".host") || key.ends_with(".sni") ||
         key.ends_with(".grpc_service") || key.ends_with("check.name") || is_interface) &&
        !std::all_of(text.begin(), text.end(), is_graphic))
        return "holds a space, a control character or one that is not ASCII";
    if (is_interface && (text == "." || text == ".." || text.find_first_of("/:") != text.npos))
        return "is not the name of an interface";
    if (!is_printable(text)) return "holds a control character";
    return nullptr;
}

/// off, 0, -1, 5%, 30s: other keys take them for something else.
bool is_of_another_kind(std::string_view text) {
    static constexpr std::array kWords{"true", "false", "yes", "no", "on", "off", "none"};
    if (std::find(kWords.begin(), kWords.end(), text) != kWords.end()) return true;
    if (text.starts_with('-')) text.remove_prefix(1);
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    static constexpr std::array kUnits{"", "%", "ms", "s", "m", "h"};
    return digits > 0 &&
           std::find(kUnits.begin(), kUnits.end(), text.substr(digits)) != kUnits.end();
}

/// What a check sends and expects: whatever slips in there would be asked, or waited for.
bool is_of_a_check(std::string_view key) {
    return key.find(".health_check.") != key.npos && !key.ends_with(".interface");
}

/// A complaint about a text; about a secret without it.
Taken complain_of(const yaml::Node& node, const Field& field, const std::string& what,
                  std::string fix) {
    if (!is_secret(field.path.substr(field.path.rfind('.') + 1)))
        return complain(node, what, std::move(fix));
    return Complaint{"what it sends " + what, std::move(fix), node.where};
}

}  // namespace

Taken complain(const yaml::Node& node, const std::string& what, std::string fix) {
    return Complaint{shown(node.text) + " " + what, std::move(fix), node.where};
}

Taken take(const yaml::Node& node, const Field& field, int& into) {
    if (field.type != Type::percent) return take_as(node, field, into);
    const auto range = range_of(field);
    const bool has_sign = node.text.ends_with('%');
    const auto value = decimal(std::string_view{node.text}.substr(0, node.text.size() - 1));
    if (!has_sign || !value) return complain(node, "is not a percentage", "write e.g. 5%");
    if (*value < field.least || *value > field.most)
        return complain(node, "is out of range", "use " + range);
    into = static_cast<int>(*value);
    return {};
}

Taken take(const yaml::Node& node, const Field& field, Floor& into) {
    const bool is_percent = node.text.ends_with('%');
    const auto digits = std::string_view{node.text}.substr(0, node.text.size() - is_percent);
    const auto value = decimal(digits);
    if (!value || node.quoted)
        return complain(node, "is neither a number nor a percentage", "write e.g. 2 or 30%");
    if (*value < field.least || *value > (is_percent ? 100 : field.most))
        return complain(node, "is out of range", "use " + range_of(field));
    into = {static_cast<int>(*value), is_percent};
    return {};
}

Taken take(const yaml::Node& node, const Field& field, std::uint32_t& into) {
    return take_as(node, field, into);
}

Taken take(const yaml::Node& node, const Field& field, std::uint16_t& into) {
    return take_as(node, field, into);
}

Taken take(const yaml::Node& node, const Field& field, std::optional<std::uint16_t>& into) {
    std::uint16_t value = 0;
    auto complaint = take_as(node, field, value);
    if (!complaint) into = value;
    return complaint;
}

Taken take(const yaml::Node& node, const Field& field, milliseconds& into) {
    const auto value = parse_duration(node.text);
    if (!value && decimal(node.text))
        return complain(node, "has no unit", "write e.g. " + node.text + "s");
    if (!value)
        return complain(node, "is not a duration", "a number and ms, s, m or h, e.g. 500ms");
    if (value->count() < field.least || value->count() > field.most)
        return complain(node, "is out of range", "use " + range_of(field));
    into = *value;
    return {};
}

Taken take(const yaml::Node& node, const Field& field, std::optional<milliseconds>& into) {
    milliseconds value{};
    auto complaint = take(node, field, value);
    if (!complaint) into = value;
    return complaint;
}

Taken take(const yaml::Node& node, const Field& field, std::optional<Date>& into) {
    const auto date = parse_date(node.text);
    if (!date) return complain(node, "is not a date", "write e.g. " + std::string{field.example});
    into = *date;
    return {};
}

Taken take(const yaml::Node& node, const Field&, Address& into) {
    const auto address = Address::parse(node.text);
    if (!node.quoted && decimal(node.text))
        return complain(node, "is a number, an address is expected", kQuoteIpv6);
    if (!address) return complain(node, "is not an address", kQuoteIpv6);
    if (address->is_unspecified()) return complain(node, "is nobody's address", kQuoteIpv6);
    into = *address;
    return {};
}

Taken take(const yaml::Node& node, const Field& field, std::optional<Address>& into) {
    Address address;
    auto complaint = take(node, field, address);
    if (!complaint) into = address;
    return complaint;
}

Taken take(const yaml::Node& node, const Field& field, std::string& into) {
    if (std::cmp_less(node.text.size(), field.least) ||
        std::cmp_greater(node.text.size(), field.most))
        return complain_of(node, field, "is too long", "use " + range_of(field));
    if (!node.quoted && is_of_a_check(field.path) && is_of_another_kind(node.text))
        return complain_of(node, field, "is no text", "write it in quotes, if it is meant");
    if (field.path.ends_with(".send") && node.text == kMasked)
        return complain(node, "is what is shown in the place of the text", "write the text itself");
    if (const auto* what = flaw(field.path, node.text))
        return complain_of(node, field, what, "such as " + std::string{field.example});
    into = node.text;
    return {};
}

Taken take(const yaml::Node& node, const Field& field, bool& into) {
    if (node.quoted) return complain(node, "is a text", "remove the quotes");
    if (node.text != "true" && node.text != "false")
        return complain(node, "is not known", "use one of " + range_of(field));
    into = node.text == "true";
    return {};
}

Taken take(const yaml::Node& node, const Field& field, PortRange& into) {
    const std::string_view text = node.text;
    const auto dash = text.find('-');
    if (text == "any") {
        into = PortRange::any();
        return {};
    }
    const auto first = decimal(text.substr(0, dash));
    const auto last = dash == text.npos ? first : decimal(text.substr(dash + 1));
    if (node.quoted && dash == text.npos)
        return complain(node, "is a text, a number is expected", "remove the quotes");
    if (!first || !last)
        return complain(node, "is neither a port nor a range", "write e.g. 443, 8000-8100 or any");
    if (*first > *last) return complain(node, "is a range from more to less", "swap its ends");
    if (*first < field.least || *last > field.most)
        return complain(node, "is out of range", "use " + range_of(field));
    into = {static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
    return {};
}

Taken take(const yaml::Node& node, const Field& field, std::optional<Endpoint>& into) {
    const auto endpoint = Endpoint::parse(node.text);
    if (!endpoint)
        return complain(node, "is not an address with a port",
                        "write e.g. " + std::string{field.example} + ", in quotes");
    into = *endpoint;
    return {};
}

Taken take(const yaml::Node& node, const Field& field, StatusRange& into) {
    constexpr auto example = "write e.g. 200 or 200-299";
    const std::string_view text = node.text;
    const auto dash = text.find('-');
    const auto first = decimal(text.substr(0, dash));
    const auto last = dash == text.npos ? first : decimal(text.substr(dash + 1));
    if (node.quoted && dash == text.npos)
        return complain(node, "is a text, a status code is expected", "remove the quotes");
    if (!first || !last || *first > *last)
        return complain(node, "is neither a status code nor a range", example);
    if (*first < field.least || *last > field.most)
        return complain(node, "is out of range", "use " + range_of(field));
    into = {static_cast<int>(*first), static_cast<int>(*last)};
    return {};
}

std::optional<Seed> parse_seed(std::string_view text) {
    Seed seed{};
    if (text.size() != 2 * seed.size()) return std::nullopt;
    for (std::size_t i = 0; i < seed.size(); ++i) {
        const auto digits = text.substr(2 * i, 2);
        const auto [end, error] = std::from_chars(digits.begin(), digits.end(), seed[i], 16);
        if (error != std::errc{} || end != digits.end()) return std::nullopt;
    }
    return seed;
}

}  // namespace lb::config
