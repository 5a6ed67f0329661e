// SPDX-License-Identifier: Apache-2.0
#include "api/endpoints.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "api/request.hpp"
#include "base/duration.hpp"
#include "model/json.hpp"
#include "model/json_capture.hpp"
#include "page/assets.hpp"

namespace lb::api {
namespace {

constexpr std::size_t kNoBody = 1024;  // room for "{}"
constexpr std::size_t kLargestBody = std::size_t{1} << 20;
constexpr milliseconds kOneDay = std::chrono::hours{24};
constexpr std::size_t kLargestConfig = std::size_t{16} << 20;

template <class View>
Response document(const View& view) {
    return {200, json::print(view), "application/json", ""};
}

template <class View>
Response document(const Answer<View>& answer) {
    return answer ? document(*answer) : refused(answer.error());
}

template <class View>
Reply<View> reply(Respond respond) {
    return
        [respond = std::move(respond)](const Answer<View>& answer) { respond(document(answer)); };
}

Response no_such(const std::string& what, const std::string& name) {
    return refused({Refusal::Kind::unknown, "no " + what + " \"" + name + "\"", {}});
}

// ------------------------------------------------------------------------------------- reading

void healthz(Core&, const Request&, Respond respond) {
    respond({200, "ok\n", "text/plain", ""});
}

void readyz(Core& core, const Request&, Respond respond) {
    const auto why_not = core.why_not_ready();
    respond({why_not.empty() ? 200u : 503u, (why_not.empty() ? "ready" : why_not) + "\n",
             "text/plain", ""});
}

/// Of what another thread has written.
Reply<SharedText> reply(Respond respond, std::string type) {
    return [respond = std::move(respond), type = std::move(type)](Answer<SharedText> answer) {
        respond(answer ? Response{200, std::move(*answer), type, ""} : refused(answer.error()));
    };
}

void metrics(Core& core, const Request&, Respond respond) {
    core.metrics(reply(std::move(respond), "text/plain; version=0.0.4; charset=utf-8"));
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

void status_page(Core& core, const Request& request, Respond respond) {
    std::optional<std::set<std::string>> unfolded;
    if (const auto said = request.query.find("unfolded"); said != request.query.end())
        unfolded = names_in(said->second);
    core.page(std::move(unfolded), reply(std::move(respond), "text/html; charset=utf-8"));
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

BackendId backend_in(const Request& request) {
    return {request.names[0], request.names[1]};
}

void show_backend(Core& core, const Request& request, Respond respond) {
    respond(document(core.backend(backend_in(request))));
}

void history(Core& core, const Request&, Respond respond) {
    core.history(reply<std::vector<GenerationView>>(std::move(respond)));
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
                reply(std::move(respond), "application/json"));
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

// ------------------------------------------------------------------------------------ changing

void plan(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_apply(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.plan(request.caller, std::move(*parsed), reply<PlanView>(std::move(respond)));
}

void apply(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_apply(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.apply(request.caller, std::move(*parsed), reply<ChangeView>(std::move(respond)));
}

void rollback(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_rollback(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.rollback(request.caller, std::move(*parsed), reply<ChangeView>(std::move(respond)));
}

void confirm(Core& core, const Request& request, Respond respond) {
    const auto number = parse_confirm(request.body);
    if (!number) return respond(refused(number.error()));
    core.confirm(request.caller, *number, reply<ChangeView>(std::move(respond)));
}

void override_state(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_override(backend_in(request), request.body);
    if (!parsed) return respond(refused(parsed.error()));
    respond(document(core.override_state(request.caller, std::move(*parsed))));
}

void override_weight(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_weight(backend_in(request), request.body);
    if (!parsed) return respond(refused(parsed.error()));
    respond(document(core.override_weight(request.caller, std::move(*parsed))));
}

void probe(Core& core, const Request& request, Respond respond) {
    const auto vip = parse_probe(request.body);
    if (!vip) return respond(refused(vip.error()));
    core.probe(backend_in(request), *vip, reply<std::vector<ProbeView>>(std::move(respond)));
}

void capture(Core& core, const Request& request, Respond respond) {
    auto parsed = parse_capture(request.body);
    if (!parsed) return respond(refused(parsed.error()));
    core.capture(request.caller, std::move(*parsed), reply<CaptureView>(std::move(respond)));
}

void audit(Core& core, const Request& request, Respond respond) {
    if (const auto empty = parse_nothing(request.body); !empty)
        return respond(refused(empty.error()));
    core.audit(request.caller, [respond = std::move(respond)](const Answer<Findings>& answer) {
        respond(answer ? Response{200, json::print(*answer, "lbd"), "application/json", ""}
                       : refused(answer.error()));
    });
}

void add_note(Core& core, const Request& request, Respond respond) {
    const auto text = parse_note(request.body);
    if (!text) return respond(refused(text.error()));
    respond(document(core.add_note(request.caller, *text)));
}

void detach(Core& core, const Request& request, Respond respond) {
    if (const auto empty = parse_nothing(request.body); !empty)
        return respond(refused(empty.error()));
    core.detach(request.caller, reply<ChangeView>(std::move(respond)));
}

/// Every path, once.
constexpr std::array kRoutes{
    Route{"GET", "/healthz", Audience::everybody, kNoBody, healthz},
    Route{"GET", "/readyz", Audience::everybody, kNoBody, readyz},
    Route{"GET", "/metrics", Audience::everybody, kNoBody, metrics},
    Route{"GET", "/", Audience::everybody, kNoBody, status_page},
    Route{"GET", "/page.css", Audience::everybody, kNoBody, page_style},
    Route{"GET", "/page.js", Audience::everybody, kNoBody, page_script},
    Route{"GET", "/page.svg", Audience::everybody, kNoBody, page_icon},
    Route{"GET", "/api/v1/version", Audience::readers, kNoBody, version},
    Route{"GET", "/api/v1/status", Audience::readers, kNoBody, status},
    Route{"GET", "/api/v1/config", Audience::readers, kNoBody, config},
    Route{"GET", "/api/v1/vips", Audience::readers, kNoBody, list_vips},
    Route{"GET", "/api/v1/vips/*", Audience::readers, kNoBody, show_vip},
    Route{"GET", "/api/v1/pools", Audience::readers, kNoBody, list_pools},
    Route{"GET", "/api/v1/pools/*", Audience::readers, kNoBody, show_pool},
    Route{"GET", "/api/v1/backends", Audience::readers, kNoBody, list_backends},
    Route{"GET", "/api/v1/backends/*/*", Audience::readers, kNoBody, show_backend},
    Route{"GET", "/api/v1/explain", Audience::readers, kNoBody, explain},
    Route{"GET", "/api/v1/generations", Audience::readers, kNoBody, history},
    Route{"GET", "/api/v1/generations/*", Audience::readers, kNoBody, generation},
    Route{"GET", "/api/v1/generations/*/config", Audience::readers, kNoBody, stored_config},
    Route{"GET", "/api/v1/generations/*/plan", Audience::readers, kNoBody, stored_plan},
    Route{"GET", "/api/v1/events", Audience::readers, kNoBody, events},
    Route{"POST", "/api/v1/diff", Audience::readers, kLargestConfig, diff},
    Route{"POST", "/api/v1/plan", Audience::readers, kLargestConfig, plan},
    Route{"POST", "/api/v1/rollback", Audience::changers, kLargestBody, rollback},
    Route{"POST", "/api/v1/confirm", Audience::changers, kLargestBody, confirm},
    Route{"POST", "/api/v1/apply", Audience::changers, kLargestConfig, apply},
    Route{"POST", "/api/v1/backends/*/*/state", Audience::changers, kLargestBody, override_state},
    Route{"POST", "/api/v1/backends/*/*/weight", Audience::changers, kLargestBody, override_weight},
    Route{"POST", "/api/v1/backends/*/*/probe", Audience::readers, kLargestBody, probe},
    Route{"POST", "/api/v1/capture", Audience::changers, kLargestBody, capture},
    Route{"POST", "/api/v1/audit", Audience::readers, kNoBody, audit},
    Route{"POST", "/api/v1/notes", Audience::changers, kLargestBody, add_note},
    Route{"POST", "/api/v1/detach", Audience::changers, kNoBody, detach},
};

}  // namespace

std::span<const Route> endpoints() {
    return kRoutes;
}

}  // namespace lb::api
