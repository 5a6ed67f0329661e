// SPDX-License-Identifier: Apache-2.0
/// What the store holds, for those who ask: history, a generation's text, differences.
#include "config/diff.hpp"
#include "config/print.hpp"
#include "config/unified.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

Refusal no_generation(std::uint64_t number) {
    return {Refusal::Kind::unknown,
            "no generation " + std::to_string(number) + "; `lbctl history` shows them",
            {}};
}

api::Answer<Spec> stored_spec(const change::Store& store, std::uint64_t number) {
    const auto stored = store.load(number);
    if (!stored) return no_generation(number);
    return config::read(stored->config, config::no_files("a stored generation")).spec;
}

api::Answer<Spec> given_spec(const std::string& config) {
    auto judged = change::validate(config, "configuration", config::no_files("a client"), {});
    if (auto* refusal = std::get_if<Refusal>(&judged)) return std::move(*refusal);
    return std::move(std::get<change::Candidate>(judged).spec);
}

/// One side of a comparison; `running` if it names nothing.
api::Answer<Spec> spec_of(const change::Store& store, const api::DiffSide& side,
                          const Spec& running) {
    if (!side.generation && side.config.empty()) return running;
    auto spec = side.generation ? stored_spec(store, *side.generation) : given_spec(side.config);
    if (spec && !spec->node.seed) spec->node.seed = running.node.seed;  // lbd's own
    return spec;
}

}  // namespace

std::string words(const Accepted& accepted) {
    return "generation " + std::to_string(accepted.generation) + " accepted " + accepted.rule +
           ":" + accepted.object + " (uid " +
           std::to_string(accepted.login_uid.value_or(accepted.uid)) + "): " + accepted.reason;
}

/// What the disk says, and what has happened since.
GenerationView Daemon::view_of(GenerationMeta meta) const {
    GenerationView view{std::move(meta), false};
    view.is_running = view.meta.number == generation_;
    if (const auto its = outdated_.find(view.meta.number); its != outdated_.end())
        view.meta.why += (view.meta.why.empty() ? "" : "; ") + its->second;
    if (view.is_running && verifying_) {
        view.verification = verifying_->view();
        view.meta.state = view.verification->state;
    }
    return view;
}

void Daemon::generation(std::uint64_t number, api::Reply<GenerationView> reply) {
    const auto meta = std::make_shared<Result<GenerationMeta>>(GenerationMeta{});  // job and `then`
    worker_.run([this, number, meta] { *meta = store_.meta(number); },
                [this, number, meta, reply = std::move(reply)] {
                    if (!*meta) return reply(no_generation(number));
                    reply(view_of(std::move(**meta)));
                });
}

void Daemon::history(api::Reply<std::vector<GenerationView>> reply) {
    using Metas = std::vector<GenerationMeta>;
    const auto found = std::make_shared<Metas>(recent_.history());  // job and `then`
    worker_.run(
        [this, found, disk_is_behind = !unwritten_.ways.empty()] {
            auto stored = store_.history();
            if (!disk_is_behind && !stored.empty()) *found = std::move(stored);
        },
        [this, found, reply = std::move(reply)] {
            std::vector<GenerationView> views;
            for (auto& meta : *found)
                views.push_back(view_of(std::move(meta)));
            reply(std::move(views));
        });
}

void Daemon::stored_config(std::uint64_t number, api::Reply<std::string> reply) {
    const auto text = std::make_shared<api::Answer<std::string>>(std::string{});  // job and `then`
    worker_.run(
        [this, number, text] {
            const auto spec = stored_spec(store_, number);
            *text = spec ? api::Answer<std::string>{config::print(*spec, config::Secrets::masked)}
                         : api::Answer<std::string>{spec.error()};
        },
        [text, reply = std::move(reply)] { reply(std::move(*text)); });
}

void Daemon::stored_plan(std::uint64_t number, api::Reply<std::string> reply) {
    const auto text = std::make_shared<api::Answer<std::string>>(std::string{});  // job and `then`
    worker_.run(
        [this, number, text] {
            const auto plan = store_.plan(number);
            if (!plan)
                *text = no_generation(number);
            else if (*plan)
                *text = **plan;
            else
                *text = Refusal{Refusal::Kind::unknown,
                                "generation " + std::to_string(number) +
                                    " has no plan: only what `lbctl apply` brings is planned",
                                {}};
        },
        [text, reply = std::move(reply)] { reply(std::move(*text)); });
}

void Daemon::diff(api::DiffRequest request, api::Reply<DiffView> reply) {
    const auto view = std::make_shared<api::Answer<DiffView>>(DiffView{});  // job and `then`
    worker_.run(
        [this, request = std::move(request), running = running_->spec, view] {
            const auto from = spec_of(store_, request.from, running);
            const auto to = spec_of(store_, request.to, running);
            if (!from || !to) {
                *view = from ? to.error() : from.error();
                return;
            }
            for (const auto& difference : config::diff(*from, *to))
                (*view)->differences.push_back(config::text(difference));
            if (request.with_text)
                (*view)->text = config::unified(config::print(*from), config::print(*to));
        },
        [view, reply = std::move(reply)] { reply(std::move(*view)); });
}

}  // namespace lb::daemon
