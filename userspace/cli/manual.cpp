// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include <string_view>

#include <CLI/CLI.hpp>

#include "config/fields.hpp"

namespace lb::cli {
namespace {

/// scdoc takes these for bold, underlined and escaped text.
std::string plain(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (c == '*' || c == '_' || c == '\\') result += '\\';
        result += c;
    }
    return result;
}

/// The same of our Markdown: `code` becomes bold, [text](target) text.
std::string of_markdown(std::string_view text) {
    std::string result;
    bool in_code = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto close = text.find("](", i);
        if (text[i] == '`') {
            in_code = !in_code;
            result += '*';
        } else if (!in_code && text[i] == '[' && close != text.npos) {
            result += plain(text.substr(i + 1, close - i - 1));
            i = text.find(')', close);
        } else {
            result += plain(text.substr(i, 1));
        }
    }
    return result;
}

std::string bold(std::string_view text) {
    return "*" + plain(text) + "*";
}

std::string value_of(const CLI::Option& option) {
    if (!option.get_option_text().empty()) return plain(option.get_option_text());
    const auto type = option.get_type_name();
    const auto open = type.find('{');
    if (open == type.npos) return plain(type.substr(0, type.find(':')));
    auto members = type.substr(open + 1, type.rfind('}') - open - 1);
    for (auto& c : members)
        if (c == ',') c = '|';
    return plain(members);
}

/// "*-o*, *--output* FORMAT"
std::string names_of(const CLI::Option& option) {
    std::string names;
    for (const auto& name : option.get_snames())
        names += (names.empty() ? "" : ", ") + bold("-" + name);
    for (const auto& name : option.get_lnames())
        names += (names.empty() ? "" : ", ") + bold("--" + name);
    return option.get_items_expected_max() == 0 ? names : names + " " + value_of(option);
}

/// "; default: *$LBD_SOCKET*, else */run/lbd/lbd.sock*"
std::string default_of(const CLI::Option& option) {
    const auto environment = option.get_envname(), value = option.get_default_str();
    std::string text;
    if (!environment.empty()) text = bold("$" + environment);
    if (!value.empty()) text += (text.empty() ? "" : ", else ") + bold(value);
    return text.empty() ? "" : "; default: " + text;
}

std::string entry(const std::string& tabs, const std::string& head, const std::string& text) {
    return tabs + head + "\n" + tabs + "\t" + text + "\n\n";
}

std::string options(const CLI::App& app, const std::string& tabs) {
    std::string text;
    for (const auto* option : app.get_options()) {
        const bool is_help = option == app.get_help_ptr();
        if (!option->nonpositional() || (is_help && app.get_parent() != nullptr)) continue;
        text += entry(tabs, names_of(*option),
                      of_markdown(option->get_description()) + default_of(*option));
    }
    return text;
}

std::string arguments(const CLI::App& app) {
    std::string text;
    for (const auto* option : app.get_options())
        if (option->get_positional()) text += " " + value_of(*option);
    return text;
}

std::string verb(const CLI::App& app, const std::string& command) {
    const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
    std::string text;
    if (verbs.empty())
        text = entry("", bold(command) + arguments(app), of_markdown(app.get_description()));
    for (const auto* below : verbs)
        text += verb(*below, command + " " + below->get_name());
    return text + options(app, "\t");
}

}  // namespace

std::string manual_of_options(const CLI::App& app) {
    return options(app, "");
}

std::string manual_of_verbs(const CLI::App& app) {
    std::string text;
    for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; }))
        text += verb(*each, each->get_name());
    return text;
}

std::string manual_of_keys() {
    std::string text;
    for (const auto& field : config::fields()) {
        auto meaning = of_markdown(field.meaning);
        if (field.fallback == "required")
            meaning += " Required.";
        else if (field.fallback != "none")
            meaning += " Default: " + of_markdown(field.fallback) + ".";
        if (const auto range = config::range_of(field); !range.empty())
            meaning += " Range: " + plain(range) + ".";
        if (field.in_defaults) meaning += " May stand in " + bold("defaults") + ".";
        meaning += " Example: " + bold(field.example);
        text += entry("", bold(field.path), meaning);
    }
    return text;
}

}  // namespace lb::cli
