// SPDX-License-Identifier: Apache-2.0
#include "cli/curl.hpp"

namespace lb::cli {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{64} << 20;
constexpr long kReadAtOnce = 256L << 10;  // what a unix socket holds: between two reads we wait

std::size_t take(char* piece, std::size_t, std::size_t size, void* into) noexcept {
    auto& body = *static_cast<std::string*>(into);
    if (body.size() + size > kLargestAnswer) return 0;  // ends the transfer
    body.append(piece, size);
    return size;
}

}  // namespace

Easy request_for(const std::string& url, const char* protocols, std::chrono::milliseconds timeout,
                 std::string& answer) {
    Easy easy{curl_easy_init()};
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");  // not $http_proxy
    curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_BUFFERSIZE, kReadAtOnce);
    curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, &take);
    curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer);
    return easy;
}

}  // namespace lb::cli
