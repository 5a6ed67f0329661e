// SPDX-License-Identifier: Apache-2.0
#include "config/origin.hpp"

#include <map>
#include <sstream>

#include "base/duration.hpp"
#include "config/fields.hpp"
#include "config/print.hpp"
#include "config/yaml.hpp"

namespace lb::config {
namespace {

/// A value and where it stands.  No two have the same key: what a pool, a check and a backend may
/// say are different words, so that dots in names do no harm.
struct Leaf {
    std::string key;    ///< "pools.web.forward"
    std::string shape;  ///< "pools.NAME.forward", as in the table of fields
    std::string value;
    int line = 0;
};

using Leaves = std::map<std::string, Leaf>;

std::string below(const std::string& path, const std::string& key) {
    return path.empty() ? key : path + "." + key;
}

std::string value_of(const yaml::Node& node) {
    if (node.kind != yaml::Node::Kind::list) return node.text;
    std::string items;
    for (const auto& item : node.items)
        items += (items.empty() ? "" : ", ") + item.text;
    return "[" + items + "]";
}

void collect(const yaml::Node& node, const Leaf& at, std::vector<Leaf>& into) {
    if (node.kind != yaml::Node::Kind::block) {
        into.push_back({at.key, at.shape, value_of(node), at.line});
        return;
    }
    const auto* field = find_field(at.shape);
    const bool has_names = field && field->type == Type::named;
    for (const auto& entry : node.entries)
        collect(entry.value,
                {below(at.key, entry.key), below(at.shape, has_names ? "NAME" : entry.key), "",
                 entry.where.line},
                into);
}

std::vector<Leaf> leaves_of(const std::string& text) {
    std::vector<Leaf> leaves;
    if (const auto tree = yaml::parse(text); tree.root) collect(*tree.root, {}, leaves);
    return leaves;
}

Leaves by_key(const std::string& text) {
    Leaves leaves;
    for (auto& leaf : leaves_of(text))
        leaves.emplace(leaf.key, leaf);
    return leaves;
}

/// The object that a value is about.
Origin level_of(const std::string& shape) {
    static constexpr std::pair<std::string_view, Origin> kLevels[] = {
        {"pools.NAME.backends.", Origin::backend},
        {"pools.", Origin::pool},
        {"vips.", Origin::vip},
        {"node.", Origin::node},
        {"http.", Origin::http}};
    for (const auto& [start, origin] : kLevels)
        if (shape.starts_with(start)) return origin;
    return Origin::file;
}

/// "defaults.forward" of "pools.NAME.forward"; empty: it may not stand there.
std::string defaults_key(const std::string& shape) {
    const auto* field = find_field(shape);
    if (!field || !field->in_defaults) return {};
    return "defaults" + shape.substr(shape.find(".NAME") + 5);
}

/// A default may be less than what follows from the other keys; then it is not what holds.
bool holds(const Leaf& said, const std::string& value) {
    const auto one = parse_duration(said.value), other = parse_duration(value);
    return !one || !other || *one == *other;
}

/// What says when a built-in value is which: "1s, or `interval` if that is less".
std::string rule_of(const std::string& shape) {
    const auto* field = find_field(shape);
    if (!field || field->fallback.find(' ') == field->fallback.npos) return {};
    return std::string{field->fallback};
}

/// Who says `value`, which is as the file has it.
void find_origin(const Leaves& file, const std::string& shape, OriginOfValue& value) {
    auto said = file.find(value.key);
    if (said == file.end()) said = file.find(value.key + ".file");  // of the seed
    if (said != file.end()) {
        value.origin = level_of(shape);
        value.line = said->second.line;
        return;
    }
    said = file.find(defaults_key(shape));
    if (said != file.end() && holds(said->second, value.value)) {
        value.origin = Origin::defaults;
        value.line = said->second.line;
        return;
    }
    value.origin = Origin::built_in;
    value.rule = rule_of(shape);
}

/// lbd makes a seed where the file has none.
bool is_made(const Leaf& leaf, const Leaves& file) {
    return leaf.shape == "node.seed" && !file.contains("node.seed") &&
           !file.contains("node.seed.file");
}

std::string in_words(const OriginOfValue& value) {
    if (value.origin == Origin::elsewhere) return "elsewhere: the file says otherwise";
    std::string words = value.origin == Origin::built_in ? "built in" : text(*value.origin);
    if (value.line != 0) words += ", line " + std::to_string(value.line);
    if (!value.rule.empty()) words += ": " + value.rule;
    return words;
}

std::string last_word(const std::string& key) {
    return key.substr(key.rfind('.') + 1);
}

/// Of the values of one line; which of them is which is said where they differ.
std::string comment(const std::vector<const OriginOfValue*>& values) {
    std::vector<std::pair<std::string, std::string>> groups;  // words, keys
    for (const auto* value : values) {
        const auto words = in_words(*value);
        if (groups.empty() || groups.back().first != words)
            groups.emplace_back(words, last_word(value->key));
        else
            groups.back().second += ", " + last_word(value->key);
    }
    if (groups.size() == 1) return groups.front().first;
    std::string all;
    for (const auto& [words, keys] : groups)
        all += (all.empty() ? "" : "; ") + keys + ": " + words;
    return all;
}

}  // namespace

std::vector<OriginOfValue> values(const std::string& canonical) {
    std::vector<OriginOfValue> values;
    for (const auto& leaf : leaves_of(canonical))
        values.push_back({leaf.key, leaf.value, {}, 0, {}, leaf.line});
    return values;
}

std::vector<OriginOfValue> origins(const std::string& canonical, const std::string& file,
                                   const Spec& spec) {
    const auto written = by_key(file), meant = by_key(print(spec));
    std::vector<OriginOfValue> values;
    for (const auto& leaf : leaves_of(canonical)) {
        OriginOfValue value{leaf.key, leaf.value, {}, 0, {}, leaf.line};
        const auto there = meant.find(leaf.key);
        if (is_made(leaf, written) || (there != meant.end() && there->second.value == leaf.value))
            find_origin(written, leaf.shape, value);
        else
            value.origin = Origin::elsewhere;
        values.push_back(std::move(value));
    }
    return values;
}

std::string annotated(const std::string& canonical, const std::vector<OriginOfValue>& origins) {
    std::map<int, std::vector<const OriginOfValue*>> by_line;
    for (const auto& value : origins)
        by_line[value.shown_at].push_back(&value);
    std::istringstream lines{canonical};
    std::string out, line;
    for (int number = 1; std::getline(lines, line); ++number) {
        out += line;
        if (const auto found = by_line.find(number); found != by_line.end())
            out += "  # " + comment(found->second);
        out += '\n';
    }
    return out;
}

}  // namespace lb::config
