// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.hpp"

#include <map>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/encoding.hpp"
#include "model/secret.hpp"

namespace lb::config::yaml {
namespace {

constexpr auto kNoTemplates = "render the template before lbd reads it";
constexpr auto kToDo = "decide, then write a value in its place or remove the line";
constexpr auto kNoSharing = "write the value out; values for all pools belong in defaults";

Where place(const YAML::Mark& mark) {
    return {mark.line + 1, mark.column + 1};  // yaml-cpp counts from 0; "unknown" is -1
}

bool has_template(std::string_view text) {
    return text.find("{{") != text.npos || text.find("{%") != text.npos;
}

/// What a converter could not decide for somebody (scripts/keepalived-to-lbd).
bool is_to_do(std::string_view text) {
    return text.starts_with("{{ TODO ");
}

/// Ends parsing early; a finding has been added.
struct Stop {};

/// Events to tree.  Invariant: `open_` holds the blocks and lists that are not ended yet, each
/// inside the one before it.
class Builder : public YAML::EventHandler {
public:
    Tree tree;

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ == 0) return;
        add("LB108", place(mark), "a second document starts here", "one file is one document");
        throw Stop{};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        take(judged(node_at(mark, Node::Kind::blank), "?", anchor));
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
        if (!is_skipping()) add("LB108", place(mark), "aliases are not supported", kNoSharing);
        take(node_at(mark, Node::Kind::broken));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        auto node = node_at(mark, Node::Kind::scalar);
        node.text = value;
        node.quoted = tag == "!";
        take(judged(std::move(node), tag, anchor));
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        enter(node_at(mark, Node::Kind::list), tag, anchor);
    }
    void OnSequenceEnd() override { leave(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        enter(node_at(mark, Node::Kind::block), tag, anchor);
    }
    void OnMapEnd() override { leave(); }

    void add(const char* rule, Where where, std::string message, std::string fix) {
        tree.findings.push_back(
            {rule, Severity::error, where, {}, std::move(message), std::move(fix)});
    }

private:
    struct Open {
        Node node;
        std::optional<Entry> key;  ///< read, its value is next
        bool drops_value = false;  ///< the key was refused: so is what belongs to it
        bool has_dropped = false;
        std::map<std::string, Where> places;  ///< of the keys so far
    };

    static Node node_at(const YAML::Mark& mark, Node::Kind kind) {
        Node node;
        node.kind = kind;
        node.where = place(mark);
        return node;
    }

    /// Its text, unless it is a secret.
    std::string told(const Node& node) const {
        const bool is_value = !open_.empty() && open_.back().key;
        return is_value && is_secret(open_.back().key->key) ? "the value" : shown(node.text);
    }

    bool is_skipping() const { return skipped_ > 0; }
    bool wants_key() const {
        return !open_.empty() && open_.back().node.kind == Node::Kind::block && !open_.back().key;
    }

    /// The node without what YAML can say and we do not read: tags, anchors, templates.
    Node judged(Node node, const std::string& tag, YAML::anchor_t anchor) {
        if (is_skipping()) return node;
        const auto before = tree.findings.size();
        if (anchor != 0) add("LB108", node.where, "anchors are not supported", kNoSharing);
        if (tag != "?" && tag != "!")
            add("LB108", node.where, "tags are not supported", "remove " + shown(tag));
        if (is_to_do(node.text))
            add("LB105", node.where, shown(node.text) + " is still to be decided", kToDo);
        else if (has_template(node.text))
            add("LB105", node.where, told(node) + " is left over from a template", kNoTemplates);
        if (tree.findings.size() != before) node.kind = Node::Kind::broken;
        return node;
    }

    void enter(Node node, const std::string& tag, YAML::anchor_t anchor) {
        if (open_.size() + skipped_ >= kDeepest) {
            add("LB109", node.where, "nested too deep", "the format needs 5 levels");
            throw Stop{};
        }
        if (is_skipping() || wants_key()) {
            if (!is_skipping()) refuse_key(node);
            ++skipped_;
            return;
        }
        // An anchor or tag on a block costs nothing else: its content is read all the same.
        const auto kind = node.kind;
        node = judged(std::move(node), tag, anchor);
        node.kind = kind;
        open_.push_back({std::move(node), {}, false, false, {}});
    }

    void leave() {
        if (is_skipping()) {
            --skipped_;
            return;
        }
        auto node = std::move(open_.back().node);
        if (open_.back().has_dropped && node.entries.empty()) node.kind = Node::Kind::broken;
        open_.pop_back();
        take(std::move(node));
    }

    /// A complete node: a key, a value, an item, or the whole document.
    void take(Node node) {
        if (is_skipping()) return;
        if (open_.empty()) {
            tree.root = std::move(node);
        } else if (wants_key()) {
            take_key(node);
        } else if (auto& open = open_.back(); open.node.kind == Node::Kind::list) {
            if (node.kind == Node::Kind::blank) node.where = open.node.where;
            open.node.items.push_back(std::move(node));
        } else {
            take_value(std::move(node));
        }
    }

    void take_value(Node node) {
        auto& open = open_.back();
        // A blank carries the mark of whatever comes next: report the key's.
        if (node.kind == Node::Kind::blank) node.where = open.key->where;
        open.key->value = std::move(node);
        if (!open.drops_value) open.node.entries.push_back(std::move(*open.key));
        open.has_dropped |= open.drops_value;
        open.key.reset();
        open.drops_value = false;
    }

    void take_key(const Node& key) {
        if (key.kind != Node::Kind::scalar) return refuse_key(key);
        if (key.text == "<<" && !key.quoted) {
            add("LB108", key.where, "merge keys are not supported", "use defaults");
            return drop_next(key);
        }
        auto& open = open_.back();
        const auto [first, is_new] = open.places.emplace(key.text, key.where);
        if (!is_new) {
            add("LB102", key.where,
                "duplicate key " + shown(key.text) + ", lines " +
                    std::to_string(first->second.line) + " and " + std::to_string(key.where.line),
                "keep one");
            return drop_next(key);
        }
        open.key = Entry{key.text, key.where, {}};
    }

    void refuse_key(const Node& key) {
        if (key.kind == Node::Kind::block)  // `k: {{ x }}` is a block whose key is a block
            add("LB105", key.where, "\"{{\" is left over from a template", kNoTemplates);
        else if (key.kind != Node::Kind::broken)
            add("LB109", key.where, "a key must be a word", "write e.g. web-1");
        drop_next(key);
    }

    void drop_next(const Node& key) {
        open_.back().key = Entry{{}, key.where, {}};
        open_.back().drops_value = true;
    }

    std::vector<Open> open_;
    std::size_t skipped_ = 0;  ///< depth inside a block or list that stands for a key
    int documents_ = 0;
};

/// Line `number`, counted from 1.
std::string line_of(const std::string& text, int number) {
    std::istringstream lines{text};
    std::string line;
    for (int i = 0; i < number; ++i)
        if (!std::getline(lines, line)) return {};
    return line;
}

void add_syntax_error(Builder& builder, const std::string& text, const YAML::Exception& error) {
    const auto where = place(error.mark);
    const auto line = line_of(text, where.line);
    if (error.msg == YAML::ErrorMsg::UNKNOWN_ANCHOR)
        return builder.add("LB108", where, "aliases are not supported", kNoSharing);
    if (has_template(line))
        return builder.add("LB105", where, shown(line) + " is left over from a template",
                           kNoTemplates);
    const bool has_colons = line.find("::") != line.npos;
    builder.add("LB109", where, "not YAML: " + error.msg,
                has_colons ? "quote IPv6 addresses: \"2001:db8::1\""
                           : "look here and just above: brackets, quotes, colons, indentation");
}

}  // namespace

Tree parse(const std::string& text) {
    Builder builder;
    if (const auto found = defect(text, kLargestText)) {
        builder.add("LB109", found->where, found->what, "write UTF-8 text, 16 MiB at most");
        return std::move(builder.tree);
    }
    try {
        std::istringstream stream{text};
        YAML::Parser parser{stream};
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Stop&) {
        builder.tree.root.reset();
    } catch (const YAML::Exception& error) {
        add_syntax_error(builder, text, error);
        builder.tree.root.reset();
    }
    return std::move(builder.tree);
}

}  // namespace lb::config::yaml
