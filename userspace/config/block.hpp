// SPDX-License-Identifier: Apache-2.0
/// Block: one block of the file, read key by key against the table of fields.
///
///     const Block block{entry.value, entry.where, "vips.NAME", "vip \"shop\"", found};
///     block.read("port", vip.port);
///
/// Everything wrong becomes a finding about `object`: unknown keys when the Block is made, the
/// rest when the key is read.  A value that is not taken leaves its target as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/values.hpp"

namespace lb::config {

struct Member;

class Block {
public:
    /// `node` is a block and outlives this.
    Block(const yaml::Node& node, Where where, std::string path, std::string object,
          Findings& found);

    /// True if the key is there and its value was taken.  A required key that is not there is
    /// LB107.
    template <class T>
    bool read(std::string_view key, T& into) const {
        const auto* entry = present(key);
        if (!entry) return false;
        const auto& field = field_of(key);
        if (!has_right_shape(*entry, field)) return false;
        const auto complaint = take(entry->value, field, into);
        if (complaint) report(*entry, field, *complaint);
        return !complaint;
    }

    /// Whether the value of `key`, which is there, is one that read() would look at.
    bool is_value(std::string_view key) const { return has_right_shape(*find(key), field_of(key)); }
    bool has(std::string_view key) const { return find(key) != nullptr; }
    /// The entry of a key that may be missing; nullptr then.
    const yaml::Entry* find(std::string_view key) const;
    /// The block below `key`, if it is one.
    std::optional<Block> block(std::string_view key, std::string object) const;
    /// What stands below `key` by name; `noun` and `parent` make the objects' names:
    /// members("backends", "backend", "web/") is about backend "web/web-1", ...
    std::vector<Member> members(std::string_view key, const std::string& noun,
                                const std::string& parent = {}) const;

    void add(const char* rule, Where where, std::string message, std::string fix = {}) const;
    /// LB107 if the key is not there.
    const yaml::Entry* present(std::string_view key) const;

    Where where() const { return where_; }

private:
    std::string path_of(std::string_view key) const;
    const Field& field_of(std::string_view key) const;
    void refuse_unknown_keys() const;
    bool is_blank(const yaml::Entry& entry, const Field& field) const;
    bool has_right_shape(const yaml::Entry& entry, const Field& field) const;
    bool is_block(const yaml::Entry& entry, const Field& field) const;
    void report(const yaml::Entry& entry, const Field& field, const Complaint& complaint) const;

    const yaml::Node& node_;
    Where where_;
    std::string path_;
    std::string object_;
    Findings& found_;
};

/// A name and the block that belongs to it; absent if it is none, a finding says so.
struct Member {
    std::string name;
    Where where;
    std::optional<Block> block;
};

}  // namespace lb::config
