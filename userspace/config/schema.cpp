// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "config/fields.hpp"

namespace lb::config {
namespace {

/// Keys and values that are JSON already.
using Members = std::vector<std::pair<std::string, std::string>>;

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

std::string on_one_line(const Members& members) {
    std::string text;
    for (const auto& [key, value] : members)
        text += (text.empty() ? "" : ", ") + quoted(key) + ": " + value;
    return "{" + text + "}";
}

std::string indented(const std::string& text) {
    std::string result;
    for (const char c : text)
        result += c == '\n' ? std::string{"\n  "} : std::string(1, c);
    return result;
}

std::string on_lines(const Members& members) {
    std::string text;
    for (const auto& [key, value] : members)
        text += (text.empty() ? "\n  " : ",\n  ") + quoted(key) + ": " + indented(value);
    return "{" + text + "\n}";
}

std::string list_of(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values)
        text += (text.empty() ? "" : ", ") + value;
    return "[" + text + "]";
}

std::string any_of(const std::vector<std::string>& schemas) {
    return on_one_line({{"anyOf", list_of(schemas)}});
}

std::string text_like(const char* pattern) {
    return on_one_line({{"type", quoted("string")}, {"pattern", quoted(pattern)}});
}

std::string text_of_length(long least, long most) {
    return on_one_line({{"type", quoted("string")},
                        {"minLength", std::to_string(least)},
                        {"maxLength", std::to_string(most)}});
}

std::string number(long least, long most) {
    return on_one_line({{"type", quoted("integer")},
                        {"minimum", std::to_string(least)},
                        {"maximum", std::to_string(most)}});
}

std::string list(const std::string& items) {
    return on_one_line(
        {{"type", quoted("array")}, {"items", items}, {"minItems", "1"}, {"uniqueItems", "true"}});
}

/// YAML takes 2 and 1.1 for numbers; as a word they are both.
std::string words(const Field& field, bool as_text) {
    std::vector<std::string> values;
    std::string_view rest = field.choices;
    while (!rest.empty()) {
        const auto comma = rest.find(", ");
        const auto word = rest.substr(0, comma);
        if (as_text) values.push_back(quoted(word));
        if (word.find_first_not_of("0123456789.") == word.npos) values.emplace_back(word);
        rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 2);
    }
    return on_one_line({{"enum", list_of(values)}});
}

constexpr auto kPercent = "^(0|[1-9][0-9]*)%$";
constexpr auto kAddress = "^[0-9a-fA-F:.]+$";
constexpr auto kEndpoint = "^([0-9.]+|\\[[0-9a-fA-F:.]+\\]):[0-9]+$";
constexpr auto kRange = "^[1-9][0-9]*-[1-9][0-9]*$";
constexpr auto kName = "^[a-z0-9._-]{1,63}$";

std::string leaf(const Field& field) {
    switch (field.type) {
        case Type::number:
            return field.choices.empty() ? number(field.least, field.most) : words(field, false);
        case Type::percent:
            return text_like(kPercent);
        case Type::duration:
            return text_like("^[0-9]+(ms|s|m|h)$");
        case Type::address:
            return text_like(kAddress);
        case Type::word:
            return words(field, true);
        case Type::text:
            return text_of_length(field.least, field.most);
        case Type::list:
            return list(text_of_length(field.least, field.most));
        case Type::status: {
            const auto one = any_of({number(field.least, field.most), text_like(kRange)});
            return any_of({one, on_one_line({{"type", quoted("array")},
                                             {"items", one},
                                             {"minItems", "1"},
                                             {"maxItems", "64"}})});
        }
        case Type::ports:
            return any_of({number(field.least, field.most), text_like(kRange),
                           on_one_line({{"const", quoted("any")}})});
        case Type::flag:
            return on_one_line({{"type", quoted("boolean")}});
        case Type::prefixes:
            return list(text_like("^[0-9a-fA-F:.]+(/[0-9]+)?$"));
        case Type::endpoint:
            return text_like(kEndpoint);
        case Type::endpoints:
            return list(text_like(kEndpoint));
        case Type::date:
            return text_like("^[0-9]{4}-[0-9]{2}-[0-9]{2}$");
        case Type::floor:
            return any_of({number(field.least, field.most), text_like(kPercent)});
        case Type::seed:
        case Type::block:
        case Type::named:
            break;
    }
    return "{}";
}

std::string described(const Field& field) {
    std::string text{field.meaning};
    if (field.fallback != "required" && field.fallback != "none")
        text += " Default: " + std::string{field.fallback} + ".";
    return quoted(text);
}

std::string schema_of(const std::string& path, const Field& field);

/// The keys below `path`; in `defaults` none is required.
Members block(const std::string& path) {
    Members properties;
    std::vector<std::string> required;
    for (const auto& key : keys_below(path)) {
        const auto below = path.empty() ? key : path + "." + key;
        const auto* field = find_field(below);
        if (!field) continue;
        properties.emplace_back(key, schema_of(below, *field));
        if (field->fallback == "required" && !path.starts_with("defaults"))
            required.push_back(quoted(key));
    }
    Members members{{"type", quoted("object")}, {"additionalProperties", "false"}};
    if (!required.empty()) members.emplace_back("required", list_of(required));
    members.emplace_back("properties", on_lines(properties));
    return members;
}

/// Backends may be none here: LB406 says it better.
Members named(const std::string& path) {
    Members members{{"type", quoted("object")}};
    if (path.find('.') == path.npos) members.emplace_back("minProperties", "1");
    members.emplace_back("propertyNames", on_one_line({{"pattern", quoted(kName)}}));
    members.emplace_back("additionalProperties", on_lines(block(path + ".NAME")));
    return members;
}

std::string schema_of(const std::string& path, const Field& field) {
    Members members;
    if (field.type == Type::block) {
        members = block(path);
    } else if (field.type == Type::named) {
        members = named(path);
    } else if (field.type == Type::seed) {
        members = {{"anyOf", list_of({text_like("^[0-9a-fA-F]{32}$"), on_lines(block(path))})}};
    } else {
        auto text = leaf(field);
        text.pop_back();
        return text + ", \"description\": " + described(field) + "}";
    }
    members.emplace(members.begin(), "description", described(field));
    return on_lines(members);
}

}  // namespace

std::string schema() {
    auto members = block("");
    members.insert(members.begin(),
                   {{"$schema", quoted("http://json-schema.org/draft-07/schema#")},
                    {"title", quoted("lbd.yaml")},
                    {"description", quoted("The configuration of lbd, an XDP load balancer.")}});
    return on_lines(members) + "\n";
}

}  // namespace lb::config
