// SPDX-License-Identifier: Apache-2.0
#include "config/block.hpp"

#include <algorithm>
#include <cassert>

#include "config/encoding.hpp"
#include "config/suggest.hpp"

namespace lb::config {
namespace {

using Kind = yaml::Node::Kind;

std::string listed(const std::vector<std::string>& keys) {
    std::string text;
    for (const auto& key : keys)
        text += (text.empty() ? "" : ", ") + key;
    return text;
}

bool is_name(std::string_view text) {
    constexpr std::size_t longest = 63;
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= longest &&
           std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace

Block::Block(const yaml::Node& node, Where where, std::string path, std::string object,
             Findings& found)
    : node_{node},
      where_{where},
      path_{std::move(path)},
      object_{std::move(object)},
      found_{found} {
    refuse_unknown_keys();
}

void Block::add(const char* rule, Where where, std::string message, std::string fix) const {
    found_.push_back({rule, Severity::error, where, object_, std::move(message), std::move(fix)});
}

std::string Block::path_of(std::string_view key) const {
    return path_.empty() ? std::string{key} : path_ + "." + std::string{key};
}

const Field& Block::field_of(std::string_view key) const {
    const auto* field = find_field(path_of(key));
    assert(field);
    return *field;
}

void Block::refuse_unknown_keys() const {
    const auto known = keys_below(path_);
    constexpr std::string_view defaults = "defaults";
    for (const auto& entry : node_.entries) {
        if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
        const auto path = path_of(entry.key);
        if (path_.starts_with(defaults) &&
            find_field("pools.NAME" + path.substr(defaults.size()))) {
            add("LB101", entry.where, "key " + shown(entry.key) + " cannot have a default",
                "write it in each pool");
            continue;
        }
        if (path == "pools.NAME.backends.NAME.port") {
            add("LB504", entry.where, "a backend has no port: packets keep that of the vip",
                "let it serve the vip's port, and leave the key out");
            continue;
        }
        const auto near = nearest(entry.key, known);
        add("LB101", entry.where, "unknown key " + shown(entry.key),
            near.empty() ? "one of " + listed(known) : "did you mean " + shown(near) + "?");
    }
}

const yaml::Entry* Block::find(std::string_view key) const {
    const auto found = std::find_if(node_.entries.begin(), node_.entries.end(),
                                    [&](const yaml::Entry& entry) { return entry.key == key; });
    return found == node_.entries.end() ? nullptr : &*found;
}

const yaml::Entry* Block::present(std::string_view key) const {
    const auto* entry = find(key);
    const auto& field = field_of(key);
    if (!entry && field.fallback == "required")
        add("LB107", where_, "key " + shown(key) + " is missing",
            std::string{key} + ": " + std::string{field.example});
    return entry;
}

/// Blank is an error and never a default.
bool Block::is_blank(const yaml::Entry& entry, const Field& field) const {
    const auto& value = entry.value;
    const bool is_empty_text = value.kind == Kind::scalar && value.text.empty();
    if (value.kind != Kind::blank && !is_empty_text) return false;
    if (field.path == "pools.NAME.backends") return true;  // LB406 says it better
    if (field.path.ends_with("health_check") || field.path.ends_with("health_check.type"))
        add("LB003", value.where, shown(entry.key) + " is blank",
            "blank is not a default: look at the template");
    else
        add("LB105", value.where, shown(entry.key) + " is blank (an empty expansion?)",
            "give it a value, or remove the key");
    return true;
}

bool Block::has_right_shape(const yaml::Entry& entry, const Field& field) const {
    const auto kind = entry.value.kind;
    if (kind == Kind::broken || is_blank(entry, field)) return false;
    if (field.type == Type::status && kind == Kind::list) return true;
    if (field.type == Type::list || field.type == Type::prefixes || field.type == Type::endpoints) {
        if (kind == Kind::list) return true;
        add("LB103", entry.value.where, shown(entry.key) + " is not a list",
            std::string{entry.key} + ": " + std::string{field.example});
        return false;
    }
    if (kind == Kind::scalar) return true;
    add("LB106", entry.value.where,
        shown(entry.key) + (kind == Kind::list ? " is a list" : " is a block") +
            ", one value is expected",
        entry.key + ": " + std::string{field.example});
    return false;
}

bool Block::is_block(const yaml::Entry& entry, const Field& field) const {
    const auto kind = entry.value.kind;
    if (kind == Kind::broken || is_blank(entry, field)) return false;
    if (kind == Kind::block) return true;
    const auto is = kind == Kind::list ? " is a list" : " is " + shown(entry.value.text);
    add("LB103", entry.value.where, shown(entry.key) + is + ", a block is expected",
        entry.key + ": " + std::string{field.example});
    return false;
}

void Block::report(const yaml::Entry& entry, const Field& field, const Complaint& complaint) const {
    add(field.rule.data(), complaint.where, entry.key + " " + complaint.message, complaint.fix);
}

std::optional<Block> Block::block(std::string_view key, std::string object) const {
    const auto* entry = find(key);
    if (!entry || !is_block(*entry, field_of(key))) return std::nullopt;
    return Block{entry->value, entry->where, path_of(key), std::move(object), found_};
}

std::vector<Member> Block::members(std::string_view key, const std::string& noun,
                                   const std::string& parent) const {
    const auto* entry = find(key);
    const auto& field = field_of(key);
    std::vector<Member> members;
    if (!entry || !is_block(*entry, field)) return members;
    for (const auto& member : entry->value.entries) {
        const auto object = noun + " " + shown(parent + member.key);
        auto name = member.key;
        if (!is_name(name)) {
            const auto printable = shown(name);  // later messages show the name as it is
            name = printable.substr(1, printable.size() - 2);
            found_.push_back({"LB106", Severity::error, member.where, object,
                              "the name is not made of 1 to 63 of a-z 0-9 . _ -", "rename it"});
        }
        members.push_back({std::move(name), member.where, std::nullopt});
        const Field shape{"", Type::block, "", 0, 0, "", false, "{...}", "", "LB103"};
        if (is_block(member, shape))
            members.back().block.emplace(member.value, member.where, path_of(key) + ".NAME", object,
                                         found_);
    }
    return members;
}

}  // namespace lb::config
