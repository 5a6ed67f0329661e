// SPDX-License-Identifier: Apache-2.0
#include "config/diff.hpp"

#include <map>
#include <utility>

#include "config/print.hpp"
#include "config/yaml.hpp"

namespace lb::config {
namespace {

using yaml::Node;

/// A block's entries by key, in order.
std::map<std::string, const Node*> entries_of(const Node* block) {
    std::map<std::string, const Node*> found;
    if (block)
        for (const auto& entry : block->entries)
            found[entry.key] = &entry.value;
    return found;
}

const Node* child(const Node* block, const std::string& key) {
    const auto entries = entries_of(block);
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : found->second;
}

/// As one would write it on one line: "2s", "[eth0, eth1]", "{address: 10.0.1.11, weight: 100}".
std::string one_line(const Node& node) {
    std::string inside;
    for (const auto& item : node.items)
        inside += (inside.empty() ? "" : ", ") + one_line(item);
    for (const auto& [key, where, value] : node.entries)
        inside += (inside.empty() ? "" : ", ") + key + ": " + one_line(value);
    switch (node.kind) {
        case Node::Kind::list:
            return "[" + inside + "]";
        case Node::Kind::block:
            return "{" + inside + "}";
        case Node::Kind::scalar:
        case Node::Kind::blank:
        case Node::Kind::broken:
            break;
    }
    return node.text;
}

/// Both sides of a key; one may be missing.
struct Pair {
    const Node* before = nullptr;
    const Node* after = nullptr;

    Pair at(const std::string& key) const { return {child(before, key), child(after, key)}; }
    std::map<std::string, Pair> entries() const {
        std::map<std::string, Pair> all;
        for (const auto& [key, node] : entries_of(before))
            all[key].before = node;
        for (const auto& [key, node] : entries_of(after))
            all[key].after = node;
        return all;
    }
};

std::string whole(const std::string& name, const Pool& pool) {
    return print(name, pool, Secrets::shown);
}

std::string whole(const std::string& name, const Vip& vip) {
    return print(name, vip);
}

/// Parsing is what takes time, and mostly there is little that differs.
template <typename Objects>
void drop_equal(Objects& before, Objects& after) {
    std::erase_if(before, [&](const auto& entry) {
        const auto& [name, object] = entry;
        const auto other = after.find(name);
        if (other == after.end() || whole(name, object) != whole(name, other->second)) return false;
        after.erase(other);
        return true;
    });
}

/// In the trees, which show no secret, they are the same.
bool sends_differ(const Spec& before, const Spec& after, const std::string& pool) {
    const auto was = before.pools.find(pool), is = after.pools.find(pool);
    if (was == before.pools.end() || is == after.pools.end()) return false;
    const auto &one = was->second.check, &other = is->second.check;
    return one && other && !one->send.empty() && !other->send.empty() && one->send != other->send;
}

class Differ {
public:
    std::vector<Difference> found;

    void leaf(const std::string& object, const std::string& name, const Pair& pair) {
        const auto before = pair.before ? one_line(*pair.before) : "";
        const auto after = pair.after ? one_line(*pair.after) : "";
        if (before == after) return;
        add(object, name + " " + (pair.before ? before : "not set") + " -> " +
                        (pair.after ? after : "NOT SET"));
    }

    /// A block of leaves; blocks in it are named before their keys: "limits vips 4 -> 8".
    void block(const std::string& object, const std::string& name, const Pair& pair) {
        for (const auto& [key, inner] : pair.entries()) {
            const auto* either = inner.after ? inner.after : inner.before;
            const auto full = name.empty() ? key : name + " " + key;
            either->kind == Node::Kind::block ? block(object, full, inner)
                                              : leaf(object, full, inner);
        }
    }

    /// An object that may come and go as a whole.  False: it did.
    bool is_on_both_sides(const std::string& object, const std::string& name, const Pair& pair,
                          const std::string& what) {
        if (pair.before && pair.after) return true;
        add(object, pair.after ? name + "added" + what : name + "REMOVED" + what);
        return false;
    }

    void check(const std::string& object, const Pair& pair) {
        const auto type = pair.at("type");
        if (type.before && !pair.after)
            return add(object, "check " + one_line(*type.before) + " REMOVED");
        if (!type.before || !type.after || one_line(*type.before) == one_line(*type.after))
            return block(object, "check", pair);
        const bool is_removed = type.after->text == "none";
        add(object, "check " + one_line(*type.before) +
                        (is_removed ? " REMOVED" : " -> " + one_line(*type.after)));
        for (const auto& [key, inner] : pair.entries())
            if (key != "type" && !(is_removed && !inner.after)) leaf(object, "check " + key, inner);
    }

    /// Of a secret.
    void secret(const std::string& object, const std::string& name) {
        add(object, name + " differs");
    }

    void pool(const std::string& name, const Pair& pair) {
        const auto object = "pool \"" + name + "\"";
        const auto* either = pair.after ? pair.after : pair.before;
        const auto count = entries_of(child(either, "backends")).size();
        if (!is_on_both_sides(object, "", pair, " (" + std::to_string(count) + " backends)"))
            return;
        for (const auto& [key, inner] : pair.entries())
            if (key == "health_check")
                check(object, inner);
            else if (key == "backends")
                backends(object, inner);
            else
                leaf(object, key, inner);
    }

    void backends(const std::string& object, const Pair& pair) {
        for (const auto& [name, inner] : pair.entries()) {
            const auto* either = inner.after ? inner.after : inner.before;
            const auto words = "backend " + name + " ";
            if (is_on_both_sides(object, words, inner, ": " + one_line(*child(either, "address"))))
                block(object, "backend " + name, inner);
        }
    }

    void vip(const std::string& name, const Pair& pair) {
        const auto object = "vip \"" + name + "\"";
        const auto* either = pair.after ? pair.after : pair.before;
        const auto what = ": " + one_line(*child(either, "address")) + " port " +
                          one_line(*child(either, "port")) + "/" +
                          one_line(*child(either, "protocol"));
        if (is_on_both_sides(object, "", pair, what)) block(object, "", pair);
    }

private:
    void add(const std::string& object, std::string change) {
        found.push_back({object, std::move(change)});
    }
};

}  // namespace

std::vector<Difference> diff(const Spec& before, const Spec& after) {
    auto [old_spec, new_spec] = std::pair{before, after};
    drop_equal(old_spec.pools, new_spec.pools);
    drop_equal(old_spec.vips, new_spec.vips);
    const auto old_tree = yaml::parse(print(old_spec)), new_tree = yaml::parse(print(new_spec));
    const Pair root{&*old_tree.root, &*new_tree.root};
    Differ differ;
    for (const auto& [name, pair] : root.at("pools").entries()) {
        differ.pool(name, pair);
        if (sends_differ(old_spec, new_spec, name))
            differ.secret("pool \"" + name + "\"", "check send");
    }
    for (const auto& [name, pair] : root.at("vips").entries())
        differ.vip(name, pair);
    differ.block("node", "", root.at("node"));
    differ.block("http", "", root.at("http"));
    if (before.node.seed != after.node.seed) differ.secret("node", "seed");
    return std::move(differ.found);
}

std::string text(const Difference& difference) {
    return difference.object + ": " + difference.change;
}

}  // namespace lb::config
