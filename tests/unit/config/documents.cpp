// SPDX-License-Identifier: Apache-2.0
#include "unit/config/documents.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "checklist/registry.hpp"
#include "config/reader.hpp"

namespace lb::test {
namespace {

constexpr auto kSeedFile = "000102030405060708090a0b0c0d0e0f\n";

std::vector<std::string> parts_of(const std::string& path) {
    std::vector<std::string> parts;
    std::istringstream stream{path};
    for (std::string part; std::getline(stream, part, '.');)
        parts.push_back(part);
    return parts;
}

}  // namespace

Leaves plain() {
    return {
        {"version", "1"},
        {"node.interfaces", "[lo]"},
        {"pools.web.health_check.type", "http"},
        {"pools.web.health_check.host", "www.example.org"},
        {"pools.web.backends.web-1.address", "10.0.1.21"},
        {"pools.web.backends.web-2.address", "10.0.1.22"},
        {"pools.api.health_check.type", "tcp"},
        {"pools.api.health_check.port", "1"},
        {"pools.api.backends.api-1.address", "10.0.2.21"},
        {"pools.api.backends.api-2.address", "10.0.2.22"},
        {"vips.shop.address", "192.0.2.1"},
        {"vips.shop.port", "5000"},
        {"vips.shop.protocol", "udp"},
        {"vips.shop.pool", "web"},
    };
}

std::string document(const Leaves& leaves) {
    std::string text;
    std::vector<std::string> open;
    for (const auto& [path, value] : leaves) {
        const auto parts = parts_of(path);
        std::size_t same = 0;
        while (same < open.size() && same + 1 < parts.size() && open[same] == parts[same])
            ++same;
        open.assign(parts.begin(), parts.end() - 1);
        for (std::size_t i = same; i < parts.size(); ++i)
            text += std::string(2 * i, ' ') + parts[i] + ":" +
                    (i + 1 == parts.size() ? " " + value : "") + "\n";
    }
    return text;
}

std::string completed(const std::string& text) {
    const std::map<std::string, std::string> rest{
        {"version:", " 1\n"},
        {"node:", " {interfaces: [eth0]}\n"},
        {"pools:",
         "\n"
         "  web:\n"
         "    health_check: {type: http, host: www.example.com}\n"
         "    backends: {web-1: {address: 10.0.1.11}, web-2: {address: 10.0.1.12}}\n"},
        {"vips:",
         "\n"
         "  shop: {address: 192.0.2.10, port: 80, protocol: tcp, pool: web}\n"}};
    std::string whole = text;
    for (const auto& [key, value] : rest)
        if (("\n" + text).find("\n" + key) == std::string::npos) whole += key + value;
    return whole;
}

Reading reading(const std::string& text) {
    return config::read(text, [](const std::string& path) -> Result<std::string> {
        if (path == "secrets/seed") return std::string{kSeedFile};
        return Error{"open " + path + ": no such file"};
    });
}

Spec spec_of(const std::string& text) {
    return reading(completed(text)).spec;
}

Findings judged(const std::string& text) {
    return checklist::review(reading(text), kToday).findings;
}

Rules rules_of(const Findings& findings) {
    Rules rules;
    for (const auto& finding : findings)
        rules.insert(finding.rule);
    return rules;
}

std::vector<std::string> lines_of(const Findings& findings) {
    std::vector<std::string> lines;
    for (const auto& finding : findings)
        lines.push_back(finding.rule + " " + std::to_string(finding.where.line) + ":" +
                        std::to_string(finding.where.column) + " " +
                        (finding.object.empty() ? "" : finding.object + ": ") + finding.message +
                        ". fix: " + finding.fix);
    return lines;
}

std::vector<Example> examples_in(const std::string& path) {
    std::vector<Example> examples;
    std::istringstream lines{text_of(path)};
    bool is_inside = false;
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        if (is_inside && line == "```") {
            is_inside = false;
        } else if (is_inside) {
            examples.back().text += line + "\n";
        } else if (line == "```yaml" || line.starts_with("```yaml ")) {
            is_inside = true;
            examples.push_back({path + ":" + std::to_string(number), {}, {}});
            std::istringstream words{line.substr(7)};
            for (std::string word; words >> word;)
                examples.back().words.insert(word);
        }
    }
    EXPECT_FALSE(is_inside) << path << ": the last block does not end";
    return examples;
}

std::string text_of(const std::string& path) {
    const auto text = read_file(path);
    EXPECT_TRUE(text) << "(run from the top of the tree)";
    return text ? *text : std::string{};
}

Rules circumstances_of(const Example& example) {
    static const Rules kKnown{"new-checks-fail", "new-checks-heal", "planned-with-6",
                              "unfinished",      "unexplained",     "mtu-1500",
                              "ssh-at-10.0.0.1", "old-kernel",      "foreign-program",
                              "few-descriptors", "vip-on-lo",       "no-accept-local",
                              "behind-gateway",  "tags-taken-off",  "few-queues",
                              "generic",         "generic-gro",     "writable-hook"};
    Rules found;
    for (const auto& word : example.words)
        if (kKnown.contains(word)) found.insert(word);
    return found;
}

Rules without(Rules words, const Rules& others) {
    std::erase_if(words, [&](const auto& word) { return others.contains(word); });
    return words;
}

}  // namespace lb::test
