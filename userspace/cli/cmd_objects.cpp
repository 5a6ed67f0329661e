// SPDX-License-Identifier: Apache-2.0
/// vip, pool, backend: each with `list` and `show NAME`.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/repeat.hpp"
#include "cli/views.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

WallTime now() {
    return std::chrono::system_clock::now();
}

/// What differs between the three kinds of objects.
struct VipKind {
    static constexpr const char* kWord = "vip";
    static constexpr const char* kName = "VIP";
    static std::vector<VipView> all(const Status& status) { return status.vips; }
    static std::string name(const VipView& vip) { return vip.name; }
    static Table table(const std::vector<VipView>& vips) { return vip_table(vips); }
    static Outcome<Exit> complete(VipView&, const Session&) { return Exit::ok; }
    static std::string describe(const VipView& vip, const Style& style) {
        return cli::describe(vip, style);
    }
};

struct PoolKind {
    static constexpr const char* kWord = "pool";
    static constexpr const char* kName = "POOL";
    static std::vector<PoolView> all(const Status& status) { return status.pools; }
    static std::string name(const PoolView& pool) { return pool.name; }
    static Table table(const std::vector<PoolView>& pools) { return pool_table(pools); }
    static Outcome<Exit> complete(PoolView&, const Session&) { return Exit::ok; }
    static std::string describe(const PoolView& pool, const Style& style) {
        return cli::describe(pool, now(), style);
    }
};

struct BackendKind {
    static constexpr const char* kWord = "backend";
    static constexpr const char* kName = "POOL/BACKEND";
    static std::vector<BackendView> all(const Status& status) { return backends_of(status); }
    static std::string name(const BackendView& backend) { return backend.id.text(); }
    static Table table(const std::vector<BackendView>& backends) {
        return backend_table(backends, now());
    }
    /// With what lbd tells about one backend only.
    static Outcome<Exit> complete(BackendView& backend, const Session& session) {
        const auto answer = session.client().get("/api/v1/backends/" + backend.id.text());
        if (!answer) return tl::unexpected{answer.error()};
        auto whole = understand(json::parse_backend(*answer));
        if (!whole) return tl::unexpected{whole.error()};
        backend = std::move(*whole);
        return Exit::ok;
    }
    static std::string describe(const BackendView& backend, const Style& style) {
        return cli::describe(backend, now(), style);
    }
};

template <class Kind, class View>
std::string print_all(const std::vector<View>& views, const Session& session) {
    if (session.format == Format::json) return json::print(views);
    if (session.format == Format::table) return print(Kind::table(views), session.style);
    std::string names;
    for (const auto& view : views)
        names += Kind::name(view) + "\n";
    return names;
}

template <class Kind, class View>
std::string print_one(const View& view, const Session& session) {
    if (session.format == Format::json) return json::print(view);
    if (session.format == Format::name) return Kind::name(view) + "\n";
    return Kind::describe(view, session.style);
}

template <class View>
Failure no_such(const std::string& word, const std::string& name, const std::vector<View>& views,
                std::string (*name_of)(const View&)) {
    std::vector<std::string> known;
    for (const auto& view : views)
        known.push_back(name_of(view));
    const auto hint = did_you_mean(name, known);
    return {Exit::unknown,
            "no " + word + " \"" + name + "\"" +
                (hint.empty() ? " (see: lbctl " + word + " list)" : hint),
            {}};
}

template <class Kind>
Outcome<Shown> show_all(const Session& session) {
    const auto status = fetch_status(session);
    if (!status) return tl::unexpected{status.error()};
    return Shown{print_all<Kind>(Kind::all(*status), session)};
}

template <class Kind>
Outcome<Shown> show_one(const Session& session, const std::string& wanted) {
    const auto status = fetch_status(session);
    if (!status) return tl::unexpected{status.error()};
    auto views = Kind::all(*status);
    const auto found = std::find_if(views.begin(), views.end(),
                                    [&](const auto& view) { return Kind::name(view) == wanted; });
    if (found == views.end())
        return tl::unexpected{no_such(Kind::kWord, wanted, views, Kind::name)};
    if (const auto complete = Kind::complete(*found, session); !complete)
        return tl::unexpected{complete.error()};
    return Shown{print_one<Kind>(*found, session)};
}

struct ObjectOptions {
    std::string wanted;
    std::string every;
};

template <class Kind>
Action declare(CLI::App& app) {
    app.require_subcommand(1);
    auto* list = app.add_subcommand("list", std::string{"all "} + Kind::kWord + "s");
    auto* show = app.add_subcommand("show", std::string{"one "} + Kind::kWord);
    const auto options = std::make_shared<ObjectOptions>();  // shared by app and action
    for (auto* each : {list, show}) {
        each->fallthrough();
        declare_watch(*each, options->every);
    }
    show->add_option("name", options->wanted, "which")->required()->option_text(Kind::kName);
    return [show, options](const Session& session) {
        return repeat(session, options->every, [&](const Session& asked) {
            return show->parsed() ? show_one<Kind>(asked, options->wanted) : show_all<Kind>(asked);
        });
    };
}

}  // namespace

Action vip_verb(CLI::App& app) {
    return declare<VipKind>(app);
}
Action pool_verb(CLI::App& app) {
    return declare<PoolKind>(app);
}
Action backend_verb(CLI::App& app) {
    return declare<BackendKind>(app);
}

}  // namespace lb::cli
