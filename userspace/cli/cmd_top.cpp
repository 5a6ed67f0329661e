// SPDX-License-Identifier: Apache-2.0
/// top: how busy vips and backends are and how they are, live.
#include <exception>
#include <memory>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/full_screen.hpp"
#include "cli/hearing.hpp"
#include "cli/live.hpp"
#include "cli/pacer.hpp"
#include "cli/top.hpp"
#include "cli/verb.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

constexpr unsigned long kMost = 1'000'000'000;

struct TopOptions {
    std::string interval = "1s";
    unsigned long count = 0;  ///< documents, then it ends; 0: it does not
};

/// What both kinds of top do: look, and tell rates.
class Looks {
public:
    Looks(const Session& session, const Live& live) : session_{watching(session, live)} {}
    Outcome<ActivityView> look() {
        const auto status = fetch_status(session_);
        if (!status) return tl::unexpected{status.error()};
        return pacer_.look(*status, std::chrono::system_clock::now(), Loop::now());
    }

private:
    Session session_;
    Pacer pacer_;
};

/// For programs: a line of JSON for each interval, when it is over.
Outcome<Exit> print_lines(const Session& session, const TopOptions& options) {
    const auto interval = *parse_duration(options.interval);
    Live live;
    Looks looks{session, live};
    Hearing hearing;
    auto view = looks.look();  // what the first rates begin with
    if (!view) return tl::unexpected{view.error()};
    for (unsigned long told = 0; live.wait(Loop::now() + interval) != Live::Wake::end;) {
        view = looks.look();
        if (live.wait(Loop::now()) == Live::Wake::end) break;
        if (!view) {
            hearing.lost(view.error().what);
            continue;
        }
        hearing.found();
        if (!live.say(json::print_line(*view)) || ++told == options.count) break;
    }
    return live.ending();
}

/// For a person.
class Top {
public:
    Top(const Session& session, milliseconds interval, ActivityView first, Looks& looks, Live& live)
        : style_{session.style},
          interval_{interval},
          looks_{looks},
          live_{live},
          view_{std::move(first)} {}

    Outcome<Exit> run() {
        FullScreen terminal{live_};
        auto next = Loop::now() + interval_;
        while (!wish_.is_over) {
            const auto shown = arranged(view_, wish_);
            if (!terminal.draw(screen(shown, wish_, trouble_, terminal_size(), style_))) break;
            const auto woken = live_.wait(next);
            if (woken == Live::Wake::end) break;
            if (woken == Live::Wake::pause) terminal.pause();
            if (woken == Live::Wake::keys) take_keys();
            if (woken != Live::Wake::time) continue;
            if (refresh()) next = Loop::now() + interval_;
        }
        return live_.ending();
    }

private:
    /// False: something else happened meanwhile, which comes first.
    bool refresh() {
        if (wish_.is_paused) return true;
        auto view = looks_.look();
        if (!view && live_.wait(Loop::now()) != Live::Wake::time) return false;
        trouble_ = view ? "" : view.error().what;
        if (view) view_ = std::move(*view);
        return true;
    }

    void take_keys() {
        const auto size = terminal_size();
        for (const auto& key : keys_in(live_.typed()))
            press(wish_, key, size.rows / 2);
    }

    Style style_;
    milliseconds interval_;
    Looks& looks_;
    Live& live_;
    ActivityView view_;
    Wish wish_{};
    std::string trouble_;
};

Outcome<Exit> show_screen(const Session& session, const TopOptions& options) {
    if (!can_draw())
        return tl::unexpected{Failure{Exit::invalid,
                                      "top needs a terminal that can move its cursor, and $TERM "
                                      "says that this one cannot (try: lbctl status --watch)",
                                      {}}};
    Live live{Live::Keys::read};
    Looks looks{session, live};
    auto first = looks.look();
    if (!first) return tl::unexpected{first.error()};
    try {
        return Top{session, *parse_duration(options.interval), std::move(*first), looks, live}
            .run();
    } catch (const std::exception& error) {  // on the way here the terminal was given back
        return tl::unexpected{Failure{Exit::failed, std::string{"top: "} + error.what(), {}}};
    }
}

}  // namespace

Action top_verb(CLI::App& app) {
    const auto options = std::make_shared<TopOptions>();  // shared by app and action
    app.add_option("--interval", options->interval, "how often to look, such as 5s; default: 1s")
        ->check(complaint_of_interval)
        ->option_text("DURATION");
    app.add_option("--count", options->count, "of JSON lines: end after so many")
        ->check(CLI::Range(1UL, kMost))
        ->option_text("N");
    return [options](const Session& session) {
        const bool is_seen = session.live == Format::table && isatty(STDOUT_FILENO) == 1;
        return is_seen ? show_screen(session, *options) : print_lines(session, *options);
    };
}

}  // namespace lb::cli
