// SPDX-License-Identifier: Apache-2.0
/// fields: every key of the configuration file, once: type, default, range, meaning, example.
///
/// The reader takes its ranges and rules from this table, docs/configuration.md its list of keys.
/// A key that is not here is unknown (LB101); a test holds that each key that is here does
/// something.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lb::config {

enum class Type {
    block,  ///< keys of its own, in this table
    named,  ///< names ([a-z0-9._-]{1,63}), each with a block
    number,
    percent,
    duration,  ///< range in milliseconds
    address,
    word,  ///< one of `choices`
    text,  ///< range is its length in bytes
    list,  ///< of texts, range is the length of each
    status,
    seed,
    ports,      ///< one, a range, or "any"
    flag,       ///< true or false
    prefixes,   ///< list of networks
    endpoint,   ///< ADDRESS:PORT
    endpoints,  ///< list of those
    date,       ///< "2026-12-31"
    floor,      ///< a number, or a percentage of 1 to 100; range is that of the number
};

struct Field {
    std::string_view path;  ///< "pools.NAME.weight"; NAME stands for any name
    Type type;
    std::string_view fallback;  ///< the default; "required"; or what happens without it
    long least;
    long most;
    std::string_view choices;  ///< "tcp, http"; of a number: the only values
    bool in_defaults;          ///< may also stand in `defaults`
    std::string_view example;
    std::string_view meaning;
    std::string_view rule;  ///< that a bad value breaks
};

std::span<const Field> fields();

/// The field at `path`, nullptr if there is none.  "defaults.X" finds the field whose default it
/// sets.
const Field* find_field(std::string_view path);

/// The names of the keys directly below `path`.
std::vector<std::string> keys_below(std::string_view path);

/// "100ms-30s", "0-1000", "tcp, http"; empty: anything of the type.
std::string range_of(const Field& field);

/// The table as Markdown, as it stands in docs/configuration.md.
std::string reference();

}  // namespace lb::config
