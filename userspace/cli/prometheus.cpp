// SPDX-License-Identifier: Apache-2.0
#include "cli/prometheus.hpp"

#include "cli/curl.hpp"
#include "cli/progress.hpp"
#include "model/json_prometheus.hpp"

namespace lb::cli {

Result<std::set<std::string>> loaded_alerts(const std::string& url,
                                            std::chrono::milliseconds timeout) {
    std::string answer;
    const auto asked = url + (url.ends_with('/') ? "" : "/") + "api/v1/rules?type=alert";
    const auto easy = request_for(asked, "http,https", timeout, answer);
    curl_easy_setopt(easy.get(), CURLOPT_FAILONERROR, 1L);
    const Ticker ticker{"Prometheus is asked"};
    if (const auto code = curl_easy_perform(easy.get()); code != CURLE_OK)
        return Error{curl_easy_strerror(code)}.in(asked);
    auto names = json::parse_alerting_rules(answer);
    if (!names) return names.error().in(asked + ": is this Prometheus?");
    return names;
}

}  // namespace lb::cli
