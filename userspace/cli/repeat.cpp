// SPDX-License-Identifier: Apache-2.0
#include "cli/repeat.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/hearing.hpp"
#include "cli/live.hpp"
#include "cli/size.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

/// Over what stood there; no line is wider than the screen, and what does not fit is counted.
std::string redrawn(const std::string& text, const std::string& head, Size size) {
    std::istringstream lines{head + "\n\n" + text};
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);)
        all.push_back(line);
    if (all.size() > size.rows) {
        const auto hidden = all.size() - size.rows + 1;
        all.resize(size.rows - 1);
        all.push_back("... " + std::to_string(hidden) + " more lines");
    }
    std::string drawn = "\x1b[H";
    for (const auto& line : all)  // cleared first: behind a full line the cursor stands on its end
        drawn +=
            std::string{&line == &all.front() ? "" : "\n"} + "\x1b[K" + cut(line, size.columns);
    return all.size() < size.rows ? drawn + "\n\x1b[J" : drawn;
}

class Repeat {
public:
    Repeat(const Session& session, milliseconds every, const Show& show)
        : session_{watching(session, live_)}, every_{every}, show_{show} {
        draws_ = isatty(STDOUT_FILENO) == 1 && session_.format == Format::table && can_draw();
    }

    Outcome<Exit> run() {
        auto next = Loop::now();
        for (bool is_first = true;; is_first = false) {
            const auto shown = show_(session_);
            const auto woken = live_.wait(Loop::now());
            if (woken == Live::Wake::end) return live_.ending();
            if (!shown && is_first) return tl::unexpected{shown.error()};
            if (!shown && woken == Live::Wake::size) continue;  // that is why it failed
            if (!tell(shown)) return live_.ending();
            next = std::max(next + every_, Loop::now());
            if (live_.wait(next) == Live::Wake::end) return live_.ending();
        }
    }

private:
    bool tell(const Outcome<Shown>& shown) {
        if (draws_) return draw(shown);
        if (!shown) return hearing_.lost(shown.error().what), true;
        hearing_.found();
        if (session_.format == Format::json) return live_.say(one_line(shown->text));
        return live_.say((std::exchange(is_begun_, true) ? "\n" : "") + shown->text);
    }

    bool draw(const Outcome<Shown>& shown) {
        if (shown) text_ = shown->text;
        auto head = full_time(std::chrono::system_clock::now()) + ", every " +
                    print_duration(every_) + ", Ctrl-C ends it";
        if (!shown) head = "NOT NOW: " + shown.error().what + "; trying again";
        const std::string clear = std::exchange(is_begun_, true) ? "" : "\x1b[2J";
        head = paint(head, shown ? Ink::faint : Ink::bad, session_.style);
        return live_.say(clear + redrawn(text_, head, terminal_size()));
    }

    Live live_{};
    Session session_;
    milliseconds every_;
    const Show& show_;
    Hearing hearing_{};
    std::string text_;
    bool draws_ = false;
    bool is_begun_ = false;
};

}  // namespace

void declare_watch(CLI::App& app, std::string& every) {
    app.add_flag("-w{2s},--watch{2s}", every, "again every 2s, or every DURATION: --watch=5s")
        ->check(complaint_of_interval)
        ->option_text("[=DURATION]");
}

Outcome<Exit> repeat(const Session& session, const std::string& every, const Show& show) {
    if (const auto interval = parse_duration(every)) return Repeat{session, *interval, show}.run();
    const auto shown = show(session);
    if (!shown) return tl::unexpected{shown.error()};
    std::cout << shown->text;
    return shown->exit;
}

}  // namespace lb::cli
