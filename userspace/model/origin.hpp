// SPDX-License-Identifier: Apache-2.0
/// Origin: where a value of the configuration comes from.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lb {

enum class Origin {
    built_in,  ///< nobody says anything
    defaults,  ///< its pool or vip does not, `defaults` does
    backend,   ///< what it is about says so itself, here and below
    pool,
    vip,
    node,
    http,
    file,       ///< of no object: `version`
    elsewhere,  ///< the file says something else
};

const char* text(Origin origin);

struct OriginOfValue {
    std::string key;                 ///< "pools.web.health_check.interval"
    std::string value;               ///< as the canonical text has it: "2s"
    std::optional<Origin> origin{};  ///< nothing: nobody asked
    int line = 0;                    ///< of the file; 0: none says it
    std::string
        rule{};        ///< of a built-in value that follows from others: "1s, or `interval` if ..."
    int shown_at = 0;  ///< line of the canonical text
};

/// What runs, or would, value by value.
struct Effective {
    std::string what;  ///< "generation 3", "the running configuration", a file
    std::string file;  ///< that the origins are about; empty: nobody asked for them
    std::vector<OriginOfValue> values;
};

}  // namespace lb
