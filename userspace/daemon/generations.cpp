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

api::Answer<Spec> spec_of(const Former& former, const change::Store& store) {
    const auto its = whole(former, store);
    if (!its) return no_generation(former.number);
    return config::read(*its->config, config::no_files("a stored generation")).spec;
}

api::Answer<Spec> given_spec(const std::string& config) {
    auto judged = change::validate(config, "configuration", config::no_files("a client"), {});
    if (auto* refusal = std::get_if<Refusal>(&judged)) return std::move(*refusal);
    return std::move(std::get<change::Candidate>(judged).spec);
}

/// What a client names of a comparison: a generation, its own text, or, if neither, what runs.
struct Side {
    std::optional<Former> former;
    std::string config;
};

api::Answer<Spec> spec_of(const Side& side, const change::Store& store, const Spec& running) {
    if (!side.former && side.config.empty()) return running;
    auto spec = side.former ? spec_of(*side.former, store) : given_spec(side.config);
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
    if (const auto* known = recent_.find(number); known && known->config)
        return reply(view_of(known->meta));
    archive_.look_up<GenerationMeta>(
        Archive::Where::on_disk,
        [this, number]() -> api::Answer<GenerationMeta> {
            auto meta = store_.meta(number);
            if (!meta) return no_generation(number);
            return std::move(*meta);
        },
        [this, reply = std::move(reply)](api::Answer<GenerationMeta> meta) {
            if (!meta) return reply(std::move(meta.error()));
            reply(view_of(std::move(*meta)));
        });
}

/// As lbd knows them: the disk may be behind.
void Daemon::history(api::Reply<std::vector<GenerationView>> reply) {
    std::vector<GenerationView> views;
    for (auto& meta : recent_.history())
        views.push_back(view_of(std::move(meta)));
    reply(std::move(views));
}

void Daemon::stored_config(std::uint64_t number, api::Reply<std::string> reply) {
    const auto former = this->former(number);
    archive_.look_up<std::string>(
        place(former),
        [this, former]() -> api::Answer<std::string> {
            const auto spec = spec_of(former, store_);
            if (!spec) return spec.error();
            return config::print(*spec, config::Secrets::masked);
        },
        std::move(reply));
}

void Daemon::stored_plan(std::uint64_t number, api::Reply<std::string> reply) {
    archive_.look_up<std::string>(
        Archive::Where::on_disk,
        [this, number]() -> api::Answer<std::string> {
            auto plan = store_.plan(number);
            if (!plan) return no_generation(number);
            if (*plan) return std::move(**plan);
            return Refusal{Refusal::Kind::unknown,
                           "generation " + std::to_string(number) +
                               " has no plan: only what `lbctl apply` brings is planned",
                           {}};
        },
        std::move(reply));
}

void Daemon::diff(api::DiffRequest request, api::Reply<DiffView> reply) {
    const auto side = [this](api::DiffSide& named) {
        Side its{{}, std::move(named.config)};
        if (named.generation) its.former = former(*named.generation);
        return its;
    };
    const auto from = side(request.from), to = side(request.to);
    const auto is_on_disk = [](const Side& its) { return its.former && !its.former->config; };
    archive_.look_up<DiffView>(
        is_on_disk(from) || is_on_disk(to) ? Archive::Where::on_disk : Archive::Where::at_hand,
        [this, from, to, with_text = request.with_text,
         running = running_->spec]() -> api::Answer<DiffView> {
            const auto before = spec_of(from, store_, running);
            if (!before) return before.error();
            const auto after = spec_of(to, store_, running);
            if (!after) return after.error();
            DiffView view;
            for (const auto& difference : config::diff(*before, *after))
                view.differences.push_back(config::text(difference));
            if (with_text)
                view.text = config::unified(config::print(*before), config::print(*after));
            return view;
        },
        std::move(reply));
}

}  // namespace lb::daemon
