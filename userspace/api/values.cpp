// SPDX-License-Identifier: Apache-2.0
#include "api/values.hpp"

#include <algorithm>
#include <charconv>

namespace lb::api {
namespace {

bool may_be_text(const Key& key) {
    return key.shape != Shape::names;
}

bool may_be_list(const Key& key) {
    return key.shape == Shape::names || key.shape == Shape::accepts;
}

std::string unknown(const std::string& key) {
    return "unknown key \"" + key + "\"";
}

/// What is wrong with the keys; empty: nothing.
std::string flaw_of(const Values& values, const RequestBody& known) {
    for (const auto& [name, value] : values.texts) {
        const auto* key = known.find(name);
        if (!key || !may_be_text(*key)) return key ? name + ": expected a list" : unknown(name);
    }
    for (const auto& [name, value] : values.lists) {
        const auto* key = known.find(name);
        if (!key || !may_be_list(*key)) return key ? name + ": expected a text" : unknown(name);
    }
    for (const auto& keys : {known.keys, known.shared})
        for (const auto& key : keys)
            if (const std::string name{key.name};
                !key.missing.empty() && !values.texts.contains(name))
                return name + ": " + std::string{key.missing};
    return {};
}

}  // namespace

Refusal invalid(const std::string& what) {
    return {Refusal::Kind::invalid, "request: " + what, {}};
}

Answer<Values> parse(const std::string& body, const RequestBody& known) {
    if (body.empty() && known.may_be_absent) return Values{};
    auto values = json::parse_body(body);
    if (!values) return invalid(values.error().what);
    if (auto flaw = flaw_of(*values, known); !flaw.empty()) return invalid(flaw);
    return std::move(*values);
}

std::string take(Values& values, const std::string& key, std::string otherwise) {
    const auto found = values.texts.find(key);
    return found == values.texts.end() ? std::move(otherwise) : std::move(found->second);
}

std::vector<std::string> take_list(Values& values, const std::string& key) {
    if (const auto found = values.lists.find(key); found != values.lists.end())
        return std::move(found->second);
    auto only = take(values, key);
    return only.empty() ? std::vector<std::string>{} : std::vector{std::move(only)};
}

Answer<std::vector<std::string>> take_accepts(Values& values) {
    auto accepts = take_list(values, "accept");
    for (const auto& accept : accepts)
        if (accept.find(',') != std::string::npos)
            return invalid("accept \"" + accept +
                           "\": expected one rule and one name, LB701:web; of several a list of "
                           "texts");
    return accepts;
}

Answer<bool> take_bool(Values& values, const std::string& key) {
    const auto word = take(values, key, "false");
    if (word != "true" && word != "false") return invalid(key + ": expected true or false");
    return word == "true";
}

Answer<bool> take_dry_run(Values& values) {
    return take_bool(values, "dry_run");
}

Answer<bool> take_number(Values& values, const std::string& key, std::uint32_t least,
                         std::uint32_t most, std::uint32_t& value) {
    const auto word = take(values, key, std::to_string(value));
    const auto* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, value);
    if (error == std::errc{} && rest == end && value >= least && value <= most) return true;
    return invalid(key + " \"" + word + "\": expected " + std::to_string(least) + " to " +
                   std::to_string(most));
}

Answer<std::optional<std::uint64_t>> take_generation(Values& values, const std::string& key) {
    const auto word = take(values, key);
    if (word.empty()) return std::optional<std::uint64_t>{};
    std::uint64_t number = 0;
    const auto* end = word.data() + word.size();
    const auto [rest, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc{} || rest != end || number == 0)
        return invalid(key + " \"" + word + "\": expected the number of a generation");
    return std::optional{number};
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

bool is_one_line(const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace lb::api
