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
constexpr std::array kRoutes{
    Route{"GET", "/healthz", Audience::everybody, kNoBody, handle::healthz},
    Route{"GET", "/readyz", Audience::everybody, kNoBody, handle::readyz},
    Route{"GET", "/metrics", Audience::everybody, kNoBody, handle::metrics},
    Route{"GET", "/", Audience::everybody, kNoBody, handle::status_page},
    Route{"GET", "/page.css", Audience::everybody, kNoBody, handle::page_style},
    Route{"GET", "/page.js", Audience::everybody, kNoBody, handle::page_script},
    Route{"GET", "/page.svg", Audience::everybody, kNoBody, handle::page_icon},
    Route{"GET", "/api/v1/version", Audience::readers, kNoBody, handle::version},
    Route{"GET", "/api/v1/status", Audience::readers, kNoBody, handle::status},
    Route{"GET", "/api/v1/config", Audience::readers, kNoBody, handle::config},
    Route{"GET", "/api/v1/vips", Audience::readers, kNoBody, handle::list_vips},
    Route{"GET", "/api/v1/vips/*", Audience::readers, kNoBody, handle::show_vip},
    Route{"GET", "/api/v1/pools", Audience::readers, kNoBody, handle::list_pools},
    Route{"GET", "/api/v1/pools/*", Audience::readers, kNoBody, handle::show_pool},
    Route{"GET", "/api/v1/backends", Audience::readers, kNoBody, handle::list_backends},
    Route{"GET", "/api/v1/backends/*/*", Audience::readers, kNoBody, handle::show_backend},
    Route{"GET", "/api/v1/explain", Audience::readers, kNoBody, handle::explain},
    Route{"GET", "/api/v1/generations", Audience::readers, kNoBody, handle::history},
    Route{"GET", "/api/v1/generations/*", Audience::readers, kNoBody, handle::generation},
    Route{"GET", "/api/v1/generations/*/config", Audience::readers, kNoBody, handle::stored_config},
    Route{"GET", "/api/v1/generations/*/plan", Audience::readers, kNoBody, handle::stored_plan},
    Route{"GET", "/api/v1/events", Audience::readers, kNoBody, handle::events},
    Route{"POST", "/api/v1/diff", Audience::readers, kLargestConfig, handle::diff},
    Route{"POST", "/api/v1/plan", Audience::readers, kLargestConfig, handle::plan},
    Route{"POST", "/api/v1/rollback", Audience::changers, kLargestBody, handle::rollback},
    Route{"POST", "/api/v1/confirm", Audience::changers, kLargestBody, handle::confirm},
    Route{"POST", "/api/v1/apply", Audience::changers, kLargestConfig, handle::apply},
    Route{"POST", "/api/v1/backends/*/*/state", Audience::changers, kLargestBody,
          handle::override_state},
    Route{"POST", "/api/v1/backends/*/*/weight", Audience::changers, kLargestBody,
          handle::override_weight},
    Route{"POST", "/api/v1/backends/*/*/probe", Audience::readers, kLargestBody, handle::probe},
    Route{"POST", "/api/v1/capture", Audience::changers, kLargestBody, handle::capture},
    Route{"POST", "/api/v1/audit", Audience::readers, kNames, handle::audit},
    Route{"POST", "/api/v1/notes", Audience::changers, kLargestBody, handle::add_note},
    Route{"POST", "/api/v1/detach", Audience::changers, kNoBody, handle::detach},
};

}  // namespace

std::span<const Route> endpoints() {
    return kRoutes;
}

}  // namespace lb::api
