// SPDX-License-Identifier: Apache-2.0
#include "model/json_origin.hpp"

#include <optional>

#include "model/json_fields.hpp"

namespace lb::json {
namespace {

std::optional<std::string> if_any(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional{text};
}

}  // namespace

void fields(auto& io, Is<OriginOfValue> auto& value) {
    io("key", value.key);
    io("value", value.value);
    io("origin", value.origin);
    io("line", value.line == 0 ? std::nullopt : std::optional{value.line});
    io("rule", if_any(value.rule));
}

void fields(auto& io, Is<Effective> auto& effective) {
    io("of", effective.what);
    io("file", if_any(effective.file));
    io("values", effective.values);
}

std::string print(const Effective& effective) {
    return print_document(effective);
}

}  // namespace lb::json
