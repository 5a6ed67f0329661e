// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "api/document.hpp"
#include "api/handle.hpp"
#include "api/request.hpp"
#include "base/duration.hpp"
#include "page/assets.hpp"

namespace lb::api::handle {
namespace {

constexpr milliseconds kOneDay = std::chrono::hours{24};

Response no_such(const std::string& what, const std::string& name) {
    return refused({Refusal::Kind::unknown, "no " + what + " \"" + name + "\"", {}});
}

/// Of what another thread has written.
Reply<SharedText> reply_text(Respond respond, std::string type) {
    return [respond = std::move(respond), type = std::move(type)](Answer<SharedText> answer) {
        respond(answer ? Response{200, std::move(*answer), type, ""} : refused(answer.error()));
    };
}

/// The names in "a,b".
std::set<std::string> names_in(const std::string& list) {
    std::set<std::string> names;
    for (std::size_t at = 0; at < list.size();) {
        const auto end = std::min(list.find(',', at), list.size());
        names.insert(list.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

/// The number in the path; nothing, and the caller has been told, where there is none.
std::optional<std::uint64_t> number_in(const Request& request, const Respond& respond) {
    const auto& word = request.names[0];
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error == std::errc{} && end == word.data() + word.size()) return number;
    respond(no_such("generation", word));
    return {};
}

}  // namespace

void healthz(Core&, const Request&, Respond respond) {
    respond({200, "ok\n", "text/plain", ""});
}

void readyz(Core& core, const Request&, Respond respond) {
    const auto why_not = core.why_not_ready();
    respond({why_not.empty() ? 200u : 503u, (why_not.empty() ? "ready" : why_not) + "\n",
             "text/plain", ""});
}

void metrics(Core& core, const Request&, Respond respond) {
    core.metrics(reply_text(std::move(respond), "text/plain; version=0.0.4; charset=utf-8"));
}

void status_page(Core& core, const Request& request, Respond respond) {
    std::optional<std::set<std::string>> unfolded;
    if (const auto said = request.query.find("unfolded"); said != request.query.end())
        unfolded = names_in(said->second);
    core.page(std::move(unfolded), reply_text(std::move(respond), "text/html; charset=utf-8"));
}

void page_style(Core&, const Request&, Respond respond) {
    respond({200, std::string{page::style()}, "text/css; charset=utf-8", ""});
}

void page_script(Core&, const Request&, Respond respond) {
    respond({200, std::string{page::script()}, "text/javascript; charset=utf-8", ""});
}

void page_icon(Core&, const Request&, Respond respond) {
    respond({200, std::string{page::icon()}, "image/svg+xml", ""});
}

void version(Core&, const Request&, Respond respond) {
    respond({200, json::print_version(LBD_VERSION), "application/json", ""});
}

void status(Core& core, const Request&, Respond respond) {
    respond(document(core.status()));
}

void config(Core& core, const Request&, Respond respond) {
    respond({200, core.config(), "application/yaml", ""});
}

void list_vips(Core& core, const Request&, Respond respond) {
    respond(document(core.status().vips));
}

void list_pools(Core& core, const Request&, Respond respond) {
    respond(document(core.status().pools));
}

void list_backends(Core& core, const Request&, Respond respond) {
    std::vector<BackendView> all;
    for (auto& pool : core.status().pools)
        std::move(pool.backends.begin(), pool.backends.end(), std::back_inserter(all));
    respond(document(all));
}

void show_vip(Core& core, const Request& request, Respond respond) {
    for (const auto& vip : core.status().vips)
        if (vip.name == request.names[0]) return respond(document(vip));
    respond(no_such("vip", request.names[0]));
}

void show_pool(Core& core, const Request& request, Respond respond) {
    for (const auto& pool : core.status().pools)
        if (pool.name == request.names[0]) return respond(document(pool));
    respond(no_such("pool", request.names[0]));
}

void show_backend(Core& core, const Request& request, Respond respond) {
    respond(document(core.backend({request.names[0], request.names[1]})));
}

void history(Core& core, const Request&, Respond respond) {
    core.history(reply<std::vector<GenerationView>>(std::move(respond)));
}

void generation(Core& core, const Request& request, Respond respond) {
    if (const auto number = number_in(request, respond))
        core.generation(*number, reply<GenerationView>(std::move(respond)));
}

void stored_config(Core& core, const Request& request, Respond respond) {
    const auto number = number_in(request, respond);
    if (!number) return;
    core.stored_config(*number, [respond = std::move(respond)](const Answer<std::string>& answer) {
        respond(answer ? Response{200, *answer, "application/yaml", ""} : refused(answer.error()));
    });
}

void stored_plan(Core& core, const Request& request, Respond respond) {
    const auto number = number_in(request, respond);
    if (!number) return;
    core.stored_plan(*number, [respond = std::move(respond)](const Answer<std::string>& answer) {
        respond(answer ? Response{200, *answer, "application/json", ""} : refused(answer.error()));
    });
}

void diff(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_diff(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.diff(std::move(*parsed), reply<DiffView>(std::move(respond)));
}

void events(Core& core, const Request& request, Respond respond) {
    const auto last = request.query.find("last");
    const auto time = last == request.query.end() ? std::optional<milliseconds>{kOneDay}
                                                  : parse_duration(last->second);
    if (!time)
        return respond(
            refused({Refusal::Kind::invalid, "expected ?last=DURATION, such as 2h", {}}));
    core.events(std::chrono::duration_cast<std::chrono::seconds>(*time),
                reply_text(std::move(respond), "application/json"));
}

void explain(Core& core, const Request& request, Respond respond) {
    const auto vip = request.query.find("vip");
    const auto source = request.query.find("source");
    const auto endpoint =
        source == request.query.end() ? std::nullopt : Endpoint::parse(source->second);
    if (vip == request.query.end() || !endpoint)
        return respond(refused(
            {Refusal::Kind::invalid, "expected ?vip=NAME&source=ADDRESS:PORT (IPv6 in [])", {}}));
    respond(document(core.explain(vip->second, *endpoint)));
}
}  // namespace lb::api::handle
