// SPDX-License-Identifier: Apache-2.0
#include "cli/prometheus.hpp"

#include <memory>

#include <curl/curl.h>

#include "model/json_prometheus.hpp"

namespace lb::cli {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{64} << 20;

std::size_t take(char* piece, std::size_t, std::size_t size, void* into) noexcept {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + size > kLargestAnswer) return 0;  // ends the transfer
    body.append(piece, size);
    return size;
}

}  // namespace

Result<std::set<std::string>> loaded_alerts(const std::string& url,
                                            std::chrono::milliseconds timeout) {
    const std::unique_ptr<CURL, void (*)(CURL*)> owner{curl_easy_init(), &curl_easy_cleanup};
    CURL* easy = owner.get();
    std::string answer;
    const auto asked = url + (url.ends_with('/') ? "" : "/") + "api/v1/rules?type=alert";
    curl_easy_setopt(easy, CURLOPT_URL, asked.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // not $http_proxy
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    if (const auto code = curl_easy_perform(easy); code != CURLE_OK)
        return Error{curl_easy_strerror(code)}.in(asked);
    auto names = json::parse_alerting_rules(answer);
    if (!names) return names.error().in(asked + ": is this Prometheus?");
    return names;
}

}  // namespace lb::cli
