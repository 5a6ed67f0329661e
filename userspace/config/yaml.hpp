// SPDX-License-Identifier: Apache-2.0
/// yaml: text to a strict tree, every node with its place; the only user of yaml-cpp.
///
/// Built from parser events, because YAML::Node hides what must be refused: a key twice, anchors,
/// aliases, tags, merge keys, a second document.  What is refused becomes a finding (LB102, LB105,
/// LB108, LB109) and, if the rest still makes sense, a `broken` node in its place.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/finding.hpp"

namespace lb::config::yaml {

struct Entry;

struct Node {
    enum class Kind {
        blank,   ///< "k:", "k: ~", "k: null"
        broken,  ///< a finding says why; nothing more to say about it
        scalar,
        list,
        block
    };
    Kind kind = Kind::blank;
    Where where;       ///< of the value; of a blank, the key's
    std::string text;  ///< scalar: as written, quotes and escapes resolved
    bool quoted = false;
    std::vector<Node> items;     ///< list
    std::vector<Entry> entries;  ///< block, in the order of the file, each key once
};

struct Entry {
    std::string key;
    Where where;
    Node value;
};

struct Tree {
    std::optional<Node> root;  ///< absent: the text is not one YAML document, a finding says why
    Findings findings;
};

inline constexpr std::size_t kLargestText = 16 << 20;
inline constexpr std::size_t kDeepest = 16;  // of nested blocks and lists; ours need 5

Tree parse(const std::string& text);

}  // namespace lb::config::yaml
