// SPDX-License-Identifier: Apache-2.0
#include "model/json_prometheus.hpp"

#include <vector>

#include "model/json_io.hpp"

namespace lb::json {
namespace {

struct Rule {
    std::string name, type;
};

void fields(auto& io, Rule& rule) {
    io("name", rule.name);
    io("type", rule.type);
}

struct Group {
    std::vector<Rule> rules;
};

void fields(auto& io, Group& group) {
    io("rules", group.rules);
}

struct Data {
    std::vector<Group> groups;
};

void fields(auto& io, Data& data) {
    io("groups", data.groups);
}

}  // namespace

Result<std::set<std::string>> parse_alerting_rules(const std::string& text) {
    try {
        const auto document = parse_text(text);
        Data data;
        Reader{document}("data", data);
        std::set<std::string> names;
        for (const auto& group : data.groups)
            for (const auto& rule : group.rules)
                if (rule.type == "alerting") names.insert(rule.name);
        return names;
    } catch (const Malformed& malformed) {
        return Error{malformed.what};
    }
}

}  // namespace lb::json
