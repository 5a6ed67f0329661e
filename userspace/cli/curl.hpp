// SPDX-License-Identifier: Apache-2.0
/// What each of lbctl's HTTP requests has in common.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <curl/curl.h>

namespace lb::cli {

struct FreeCurl {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, FreeCurl>;

/// A request for `url`, with one of `protocols` ("http,https"), whose body comes into `answer`,
/// 64 MiB of it at most, within `timeout`.  No proxy, no signals.
Easy request_for(const std::string& url, const char* protocols, std::chrono::milliseconds timeout,
                 std::string& answer);

}  // namespace lb::cli
