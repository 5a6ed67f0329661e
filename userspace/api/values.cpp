// SPDX-License-Identifier: Apache-2.0
#include "api/values.hpp"

#include <algorithm>
#include <charconv>

namespace lb::api {
namespace {

bool holds(Keys keys, const std::string& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace

Refusal invalid(const std::string& what) {
    return {Refusal::Kind::invalid, "request: " + what, {}};
}

Answer<Values> parse(const std::string& body, Keys known, Keys lists) {
    auto values = json::parse_body(body);
    if (!values) return invalid(values.error().what);
    for (const auto& [key, value] : values->texts)
        if (!holds(known, key))
            return invalid(holds(lists, key) ? key + ": expected a list"
                                             : "unknown key \"" + key + "\"");
    for (const auto& [key, value] : values->lists)
        if (!holds(lists, key))
            return invalid(holds(known, key) ? key + ": expected a text"
                                             : "unknown key \"" + key + "\"");
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
