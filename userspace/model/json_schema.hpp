// SPDX-License-Identifier: Apache-2.0
/// What the answers of the API may hold, as the lists of keys say by which they are written and
/// read (json_fields.hpp).
#pragma once

#include <string>
#include <vector>

namespace lb::json {

/// What a key may hold.  No number is negative.
struct Shape {
    std::string type;                  ///< as JSON Schema calls it; "time"; or a schema's name
    std::vector<std::string> words{};  ///< the only ones; empty: any text
    bool is_list = false;
    bool may_be_null = false;
};

struct Key {
    std::string name;
    Shape shape;
    bool is_later = false;  ///< what is on disk did not always have it
};

struct Schema {
    std::string name;
    std::vector<Key> keys;
};

/// Of every document, in the order in which they are first mentioned; schema_version is not among
/// the keys.
std::vector<Schema> schemas();

}  // namespace lb::json
