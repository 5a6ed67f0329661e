// SPDX-License-Identifier: Apache-2.0
/// watch: what happens, while it happens: the event log, a line each.
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/hearing.hpp"
#include "cli/live.hpp"
#include "cli/news.hpp"
#include "cli/verb.hpp"
#include "cli/words.hpp"
#include "events/timeline.hpp"
#include "model/json_event.hpp"

namespace lb::cli {
namespace {

constexpr std::chrono::milliseconds kLook{500};

constexpr unsigned long kMostEvents = 1'000'000'000;

struct WatchOptions {
    std::string vip;
    std::string since;
    unsigned long count = 0;  ///< then it ends; 0: it does not
};

WallTime now() {
    return std::chrono::system_clock::now();
}

/// What was new at one look.
Outcome<std::vector<Event>> look(const Session& session, News& news) {
    const auto window = print_duration(news.window(now()));
    const auto answer = session.client().get("/api/v1/events", {{"last", window}});
    if (!answer) return tl::unexpected{answer.error()};
    const auto events = understand(json::parse_events(*answer));
    if (!events) return tl::unexpected{events.error()};
    return news.of(*events);
}

std::string line_of(const Event& event, const Session& session) {
    if (session.live == Format::json) return json::print_line(event) + "\n";
    return paint(events::line(event), Ink::none, {}) + "\n";
}

class Watch {
public:
    Watch(const Session& session, const WatchOptions& options)
        : session_{watching(session, live_)},
          options_{options},
          news_{now() - parse_duration(options.since).value_or(milliseconds{0})} {}

    Outcome<Exit> run() {
        if (const auto known = find_pool(); !known) return tl::unexpected{known.error()};
        for (bool is_first = true;; is_first = false) {
            const auto fresh = look(session_, news_);
            if (live_.wait(Loop::now()) == Live::Wake::end) return live_.ending();
            if (!fresh && is_first) return tl::unexpected{fresh.error()};
            if (!fresh)
                hearing_.lost(fresh.error().what);
            else if (!tell(*fresh))
                return live_.ending();
            if (live_.wait(Loop::now() + kLook) == Live::Wake::end) return live_.ending();
        }
    }

private:
    /// A vip may get another pool, or go, while it is watched.
    Outcome<Exit> find_pool() {
        if (options_.vip.empty()) return Exit::ok;
        const auto found = pool_of(session_, options_.vip);
        if (!found) return tl::unexpected{found.error()};
        pool_ = *found;
        return Exit::ok;
    }

    /// False: it is over.
    bool tell(std::vector<Event> fresh) {
        hearing_.found();
        if (fresh.empty()) return true;
        (void)find_pool();
        if (!options_.vip.empty()) fresh = events::about(fresh, options_.vip, pool_);
        for (const auto& event : fresh)
            if (!live_.say(line_of(event, session_)) || ++told_ == options_.count) return false;
        return true;
    }

    Live live_{};
    Session session_;
    const WatchOptions& options_;
    News news_;
    Hearing hearing_{};
    std::string pool_;
    unsigned long told_ = 0;
};

}  // namespace

Action watch_verb(CLI::App& app) {
    const auto options = std::make_shared<WatchOptions>();  // shared by app and action
    app.add_option("--vip", options->vip, "only what concerns this vip")->option_text("VIP");
    app.add_option("--since", options->since, "also what happened in this time before, such as 1h")
        ->check(complaint_of_duration)
        ->option_text("DURATION");
    app.add_option("--count", options->count, "end after so many events")
        ->check(CLI::Range(1UL, kMostEvents))
        ->option_text("N");
    return [options](const Session& session) { return Watch{session, *options}.run(); };
}

}  // namespace lb::cli
