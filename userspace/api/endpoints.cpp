// SPDX-License-Identifier: Apache-2.0
#include "api/endpoints.hpp"

#include <array>

#include "api/handle.hpp"

namespace lb::api {
namespace {

constexpr std::size_t kNoBody = 1024;  // room for "{}"
constexpr std::size_t kNames = 4096;   // of some alerts
constexpr std::size_t kLargestBody = std::size_t{1} << 20;
constexpr std::size_t kLargestConfig = std::size_t{16} << 20;

/// Every path, once.
// clang-format off
constexpr std::array kRoutes{
    Route{"GET", "/healthz", Audience::everybody, kNoBody, handle::healthz,
          "healthz", "lbd's loop is alive", "text/plain", ""},
    Route{"GET", "/readyz", Audience::everybody, kNoBody, handle::readyz,
          "readyz", "Whether packets should be brought to this host", "text/plain", "NotReady"},
    Route{"GET", "/metrics", Audience::everybody, kNoBody, handle::metrics,
          "metrics", "Metrics in Prometheus' text format", "text/plain", "Failed"},
    Route{"GET", "/", Audience::everybody, kNoBody, handle::status_page,
          "statusPage", "The status page, for people", "text/html", "", nullptr, "Unfolded"},
    Route{"GET", "/page.css", Audience::everybody, kNoBody, handle::page_style,
          "pageStyle", "Of the status page", "text/css", ""},
    Route{"GET", "/page.js", Audience::everybody, kNoBody, handle::page_script,
          "pageScript", "Of the status page", "text/javascript", ""},
    Route{"GET", "/page.svg", Audience::everybody, kNoBody, handle::page_icon,
          "pageIcon", "Of the status page", "image/svg+xml", ""},
    Route{"GET", "/api/v1/version", Audience::readers, kNoBody, handle::version,
          "version", "The version of lbd", "Version", ""},
    Route{"GET", "/api/v1/status", Audience::readers, kNoBody, handle::status,
          "status", "Everything at once", "Status", ""},
    Route{"GET", "/api/v1/config", Audience::readers, kNoBody, handle::config,
          "config", "The running configuration, secrets masked", "application/yaml", ""},
    Route{"GET", "/api/v1/vips", Audience::readers, kNoBody, handle::list_vips,
          "listVips", "Every vip", "Vips", ""},
    Route{"GET", "/api/v1/vips/{name}", Audience::readers, kNoBody, handle::show_vip,
          "showVip", "One vip", "Vip", "Unknown"},
    Route{"GET", "/api/v1/pools", Audience::readers, kNoBody, handle::list_pools,
          "listPools", "Every pool", "Pools", ""},
    Route{"GET", "/api/v1/pools/{name}", Audience::readers, kNoBody, handle::show_pool,
          "showPool", "One pool", "Pool", "Unknown"},
    Route{"GET", "/api/v1/backends", Audience::readers, kNoBody, handle::list_backends,
          "listBackends", "Every backend of every pool", "Backends", ""},
    Route{"GET", "/api/v1/backends/{pool}/{name}", Audience::readers, kNoBody, handle::show_backend,
          "showBackend", "One backend, with the last results of its checks", "Backend", "Unknown"},
    Route{"GET", "/api/v1/explain", Audience::readers, kNoBody, handle::explain,
          "explain", "Where a flow goes, and why",
          "Explanation", "Invalid Unknown", nullptr, "ExplainVip ExplainSource"},
    Route{"GET", "/api/v1/generations", Audience::readers, kNoBody, handle::history,
          "listGenerations", "What lbd keeps, the newest first", "Generations", "Failed"},
    Route{"GET", "/api/v1/generations/{number}", Audience::readers, kNoBody, handle::generation,
          "showGeneration", "One generation", "Generation", "Unknown Failed"},
    Route{"GET", "/api/v1/generations/{number}/config", Audience::readers, kNoBody,
          handle::stored_config,
          "generationConfig", "Its canonical text, secrets masked",
          "application/yaml", "Unknown Failed"},
    Route{"GET", "/api/v1/generations/{number}/plan", Audience::readers, kNoBody,
          handle::stored_plan,
          "generationPlan", "The plan that it was published under, if there was one",
          "plan.schema.json", "Unknown Failed"},
    Route{"GET", "/api/v1/events", Audience::readers, kNoBody, handle::events,
          "events", "What happened, the oldest first", "Events", "Invalid Failed", nullptr, "Last"},
    Route{"POST", "/api/v1/diff", Audience::readers, kLargestConfig, handle::diff,
          "diff", "What differs between two configurations",
          "Differences", "Unknown Failed", &kDiffBody},
    Route{"POST", "/api/v1/plan", Audience::readers, kLargestConfig, handle::plan,
          "plan", "What a configuration would change, and whether it may",
          "plan.schema.json", "Refused Failed Busy", &kApplyBody},
    Route{"POST", "/api/v1/rollback", Audience::changers, kLargestBody, handle::rollback,
          "rollback", "An earlier generation runs again",
          "Change", "Unknown Refused Failed Busy", &kRollbackBody},
    Route{"POST", "/api/v1/confirm", Audience::changers, kLargestBody, handle::confirm,
          "confirm", "A generation that waits for a word stays",
          "Change", "Unknown Refused Failed", &kConfirmBody},
    Route{"POST", "/api/v1/apply", Audience::changers, kLargestConfig, handle::apply,
          "apply", "A new configuration", "Change", "Refused Failed Busy", &kApplyBody},
    Route{"POST", "/api/v1/backends/{pool}/{name}/state", Audience::changers, kLargestBody,
          handle::override_state,
          "setState", "Sets the admin state of a backend",
          "Change", "Unknown Refused Failed", &kStateBody},
    Route{"POST", "/api/v1/backends/{pool}/{name}/weight", Audience::changers, kLargestBody,
          handle::override_weight,
          "setWeight", "Sets the weight of a backend",
          "Change", "Unknown Refused Failed Busy", &kWeightBody},
    Route{"POST", "/api/v1/backends/{pool}/{name}/probe", Audience::readers, kLargestBody,
          handle::probe,
          "probe", "Checks a backend now, and says all that was said",
          "Probes", "Unknown Refused Failed", &kProbeBody},
    Route{"POST", "/api/v1/capture", Audience::changers, kLargestBody, handle::capture,
          "capture", "Packets of vips, when they are there or the time is over",
          "Capture", "Unknown Refused Failed", &kCaptureBody},
    Route{"POST", "/api/v1/audit", Audience::readers, kNames, handle::audit,
          "audit", "Looks at what runs for what is no trouble yet",
          "Findings", "Failed", &kAuditBody},
    Route{"POST", "/api/v1/notes", Audience::changers, kLargestBody, handle::add_note,
          "addNote", "A sentence in the event log", "Change", "Failed", &kNoteBody},
    Route{"POST", "/api/v1/detach", Audience::changers, kNoBody, handle::detach,
          "detach", "Ends forwarding", "Change", "Failed", &kEmptyBody},
};
// clang-format on

}  // namespace

std::span<const Route> endpoints() {
    return kRoutes;
}

}  // namespace lb::api
