// SPDX-License-Identifier: Apache-2.0
/// values: the values of a request's body, one by one.  Those that may be missing are taken as
/// what their absence means; what is wrong becomes a Refusal that names the key and the way out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/bodies.hpp"
#include "api/core.hpp"
#include "base/duration.hpp"
#include "model/json.hpp"

namespace lb::api {

using Values = json::Body;

Refusal invalid(const std::string& what);

/// The body of a request, with no key but those of `known`, and with all that it must have.
Answer<Values> parse(const std::string& body, const RequestBody& known);

std::string take(Values& values, const std::string& key, std::string otherwise = {});
/// None where the key is missing or empty.
std::vector<std::string> take_list(Values& values, const std::string& key);
/// Each for one rule and one object: what holds for several must have been meant for each.
Answer<std::vector<std::string>> take_accepts(Values& values);
Answer<bool> take_bool(Values& values, const std::string& key);
Answer<bool> take_dry_run(Values& values);
/// Leaves `value` as it is where the key is missing.
Answer<bool> take_number(Values& values, const std::string& key, std::uint32_t least,
                         std::uint32_t most, std::uint32_t& value);
/// Nothing where the key is missing or empty.
Answer<std::optional<std::uint64_t>> take_generation(Values& values, const std::string& key);

/// Leaves `value` as it is where the key is missing.
template <class Value>
Answer<bool> take_duration(Values& values, const std::string& key, milliseconds least,
                           milliseconds most, Value& value) {
    if (!values.texts.contains(key)) return true;
    const auto word = take(values, key);
    const auto duration = parse_duration(word);
    if (!duration || *duration < least || *duration > most)
        return invalid(key + " \"" + word + "\": expected a duration from " +
                       print_duration(least) + " to " + print_duration(most) + ", such as 10s");
    value = *duration;
    return true;
}

/// "a,b"
std::vector<std::string> split(const std::string& text);

/// What people wrote goes into log lines and headers: one line, no control characters.
bool is_one_line(const std::string& text);

}  // namespace lb::api
