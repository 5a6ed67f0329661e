// SPDX-License-Identifier: Apache-2.0
/// completion, and what its scripts ask: `lbctl __complete WORDS...`.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/complete.hpp"
#include "cli/verb.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

/// Nobody waits for a key that does nothing.
constexpr milliseconds kPatience{500};

constexpr auto kBash = R"(# completion of lbctl for bash: source <(lbctl completion bash)
_lbctl() {
    local line current=${COMP_WORDS[COMP_CWORD]}
    [ "$current" != = ] || current=
    COMPREPLY=()
    while IFS= read -r line; do
        if [ "$line" = :files ]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _lbctl lbctl
)";

constexpr auto kZsh = R"(#compdef lbctl
# completion of lbctl for zsh: source <(lbctl completion zsh), after compinit
_lbctl() {
    local line
    local -a choices
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
            :files) _files ;;
            ?*) choices+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    (( ! $#choices )) || _describe lbctl choices
}
if [ "$funcstack[1]" = _lbctl ]; then _lbctl; else compdef _lbctl lbctl; fi
)";

constexpr auto kFish = R"(# completion of lbctl for fish: lbctl completion fish | source
function __lbctl_choices
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c lbctl -f -a '(__lbctl_choices)'
)";

const std::map<std::string, const char*> kScripts{{"bash", kBash}, {"fish", kFish}, {"zsh", kZsh}};

/// The socket of the line that is being typed; options of the rest of it do not matter here.
Session session_of(const std::vector<std::string>& words) {
    constexpr std::string_view kOption = "--socket";
    Session session;
    session.timeout = kPatience;
    if (const char* socket = std::getenv("LBD_SOCKET")) session.socket = socket;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == kOption && i + 2 < words.size()) session.socket = words[i + 1];
        if (words[i].starts_with(std::string{kOption} + "="))
            session.socket = words[i].substr(kOption.size() + 1);
    }
    return session;
}

std::vector<Choice> generations(const Session& session) {
    std::vector<Choice> choices;
    const auto answer = session.client().get("/api/v1/generations");
    if (!answer) return choices;
    const auto parsed = json::parse_generations(*answer);
    if (!parsed) return choices;
    for (const auto& generation : *parsed)
        choices.push_back({std::to_string(generation.meta.number), generation.meta.comment});
    return choices;
}

std::vector<Choice> living(Living kind, const Session& session) {
    std::vector<Choice> choices;
    if (kind == Living::none) return choices;
    if (kind == Living::generations) return generations(session);
    const auto status = fetch_status(session);
    if (!status) return choices;
    auto names = kind == Living::vips    ? vip_names(*status)
                 : kind == Living::pools ? pool_names(*status)
                                         : backend_names(*status);
    for (auto& name : names)
        choices.push_back({std::move(name)});
    return choices;
}

void print_choice(const Choice& choice) {
    std::cout << choice.word;
    if (!choice.meaning.empty()) std::cout << '\t' << paint(choice.meaning, Ink::none, {});
    std::cout << '\n';
}

}  // namespace

int print_completions(const CLI::App& app, const std::vector<std::string>& words) {
    const auto completion = complete(app, words);
    for (const auto& choice : completion.choices)
        print_choice(choice);
    for (auto& choice : living(completion.living, session_of(words)))
        if (choice.word.starts_with(completion.typed))
            print_choice({completion.before + choice.word, choice.meaning});
    if (completion.files) std::cout << ":files\n";
    return 0;
}

Action completion_verb(CLI::App& app) {
    const auto shell = std::make_shared<std::string>();  // shared by app and action
    app.add_option("shell", *shell, "whose")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}))
        ->option_text("SHELL");
    return [shell](const Session&) -> Outcome<Exit> {
        std::cout << kScripts.at(*shell);
        return Exit::ok;
    };
}

}  // namespace lb::cli
