// SPDX-License-Identifier: Apache-2.0
/// FullScreen: a terminal that is ours for a while.  While it lives the shell's screen is put
/// aside and keys come one by one, unseen; afterwards everything is as it was, whatever happened.
///
/// Ctrl-C, Ctrl-\ and Ctrl-Z stay signals: Live tells them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/last_words.hpp"
#include "cli/live.hpp"

namespace lb::cli {

class FullScreen {
public:
    /// `live` outlives it.
    explicit FullScreen(Live& live);
    ~FullScreen();
    FullScreen(const FullScreen&) = delete;

    /// False: it is over.
    bool draw(const std::vector<std::string>& lines);
    /// Gives the terminal back, stops this process as Ctrl-Z does, and takes it again.
    void pause();

private:
    void take();
    void give_back();

    Live& live_;
    Taken taken_;
    std::optional<LastWords> last_words_;  // while it is ours
};

}  // namespace lb::cli
