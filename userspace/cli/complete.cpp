// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <CLI/CLI.hpp>

namespace lb::cli {
namespace {

/// What an argument takes, by the text that the help shows for it.
struct Kind {
    std::string_view text;
    Living living;
    bool files;
};
constexpr std::array kKinds{
    Kind{"FILE", Living::none, true},
    Kind{"FILE...", Living::none, true},
    Kind{"[FILE]", Living::none, true},
    Kind{"VIP", Living::vips, false},
    Kind{"VIP|ADDRESS:PORT[/tcp|udp]", Living::vips, false},
    Kind{"POOL", Living::pools, false},
    Kind{"POOL/BACKEND", Living::backends, false},
    Kind{"N", Living::generations, false},
    Kind{"[N]", Living::generations, false},
    Kind{"[[A] B]", Living::generations, true},
};

bool takes_value(const CLI::Option& option) {
    return option.get_items_expected_max() != 0;  // of a flag: 0
}

bool is_option(const std::string& word) {
    return word.size() > 1 && word.front() == '-';
}

/// Global options may follow the verb: the parents know them.
const CLI::Option* find_option(const CLI::App* app, const std::string& word) {
    const auto name = word.substr(0, word.find('='));
    for (; app != nullptr; app = app->get_parent())
        if (const auto* option = app->get_option_no_throw(name)) return option;
    return nullptr;
}

const CLI::App* find_verb(const CLI::App& app, const std::string& word) {
    for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        if (verb->get_name() == word) return verb;
    return nullptr;
}

/// The argument that is due after `count` others; the last may be for several words.
const CLI::Option* positional(const CLI::App& app, int count) {
    for (const auto* option : app.get_options()) {
        if (!option->get_positional()) continue;
        if (count < option->get_items_expected_max()) return option;
        count -= option->get_items_expected_max();
    }
    return nullptr;
}

/// The values of CLI::IsMember, which are known only as "TEXT:{table,json,name}".
std::vector<std::string> members(const CLI::Option& option) {
    const auto type = option.get_type_name();
    const auto open = type.find('{'), close = type.rfind('}');
    if (open == type.npos || close == type.npos) return {};
    return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

void offer_values(Completion& completion, const CLI::Option& option) {
    for (auto& member : members(option))
        completion.choices.push_back({std::move(member)});
    for (const auto& kind : kKinds) {
        if (kind.text != option.get_option_text()) continue;
        completion.living = kind.living;
        completion.files = kind.files;
    }
}

void offer_options(Completion& completion, const CLI::App* app) {
    for (; app != nullptr; app = app->get_parent()) {
        for (const auto* option : app->get_options()) {
            const auto& longs = option->get_lnames();
            const auto& shorts = option->get_snames();
            if (longs.empty() && shorts.empty()) continue;
            const Choice choice{longs.empty() ? "-" + shorts[0] : "--" + longs[0],
                                option->get_description()};
            if (std::none_of(completion.choices.begin(), completion.choices.end(),
                             [&](const Choice& known) { return known.word == choice.word; }))
                completion.choices.push_back(choice);
        }
    }
}

void offer_verbs(Completion& completion, const CLI::App& app) {
    for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        completion.choices.push_back({verb->get_name(), verb->get_description()});
}

/// Where the words before the cursor lead.
struct Place {
    const CLI::App* app;
    int arguments = 0;                    ///< of the verb, so far
    const CLI::Option* option = nullptr;  ///< that waits for its value
    bool options_are_over = false;        ///< after "--"
};

void step(Place& place, const std::string& word) {
    if (place.option != nullptr) {
        place.option = nullptr;
    } else if (word == "--") {
        place.options_are_over = true;
    } else if (is_option(word) && !place.options_are_over) {
        const auto* option = find_option(place.app, word);
        if (option && takes_value(*option) && word.find('=') == word.npos) place.option = option;
    } else if (const auto* verb = find_verb(*place.app, word)) {
        place.app = verb;
    } else {
        ++place.arguments;
    }
}

void offer(Completion& completion, const Place& place) {
    const auto equals = completion.typed.find('=');
    if (place.option != nullptr) return offer_values(completion, *place.option);
    if (is_option(completion.typed) && !place.options_are_over && equals != std::string::npos) {
        const auto* option = find_option(place.app, completion.typed);
        completion.before = completion.typed.substr(0, equals + 1);
        completion.typed.erase(0, equals + 1);
        if (option) offer_values(completion, *option);
        return;
    }
    if (completion.typed.starts_with("-") && !place.options_are_over)
        return offer_options(completion, place.app);
    offer_verbs(completion, *place.app);
    if (!completion.choices.empty()) return;
    if (const auto* argument = positional(*place.app, place.arguments))
        offer_values(completion, *argument);
    else if (!place.options_are_over)
        offer_options(completion, place.app);
}

/// bash makes three words of --output=json.
void drop_lone_equals(std::vector<std::string>& words) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i] != "=" || !words[i - 1].starts_with("--")) continue;
        if (i + 1 == words.size())
            words[i].clear();
        else
            words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace

Completion complete(const CLI::App& app, std::vector<std::string> words) {
    drop_lone_equals(words);
    if (words.empty()) words.emplace_back();
    Completion completion;
    completion.typed = words.back();
    words.pop_back();
    Place place{&app};
    for (const auto& word : words)
        step(place, word);
    offer(completion, place);
    std::erase_if(completion.choices,
                  [&](const Choice& choice) { return !choice.word.starts_with(completion.typed); });
    for (auto& choice : completion.choices)
        choice.word.insert(0, completion.before);
    return completion;
}

}  // namespace lb::cli
