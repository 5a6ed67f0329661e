// SPDX-License-Identifier: Apache-2.0
/// complete: what may stand where the cursor is, for the shells' scripts (`lbctl completion`).
///
/// A walk over what CLI11 was told, so that no verb and no option is listed twice.  What an
/// argument is tells the text that the help shows for it: FILE, VIP, POOL/BACKEND, [N].
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lb::cli {

/// Names that only lbd knows.
enum class Living { none, vips, pools, backends, generations };

struct Choice {
    std::string word;
    std::string meaning{};  ///< for shells that show it
    bool operator==(const Choice&) const = default;
};

struct Completion {
    std::vector<Choice> choices{};
    Living living = Living::none;  ///< these names, too
    bool files = false;            ///< files, too: the shell knows them
    std::string typed{};           ///< what each choice begins with
    std::string before{};          ///< "--output=": part of the word, but not of the value
};

/// `words` is what follows "lbctl", the one at the cursor last (empty, if none has begun).
Completion complete(const CLI::App& app, std::vector<std::string> words);

/// One a line, with its meaning after a tab; ":files" asks the shell for files.  Silent about
/// living names when lbd does not answer at once.  The exit code.
int print_completions(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace lb::cli
