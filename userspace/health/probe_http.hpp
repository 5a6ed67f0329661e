// SPDX-License-Identifier: Apache-2.0
/// HttpProbe: one request, in TLS or not: http, https (GET or HEAD, HTTP/1.1 or 2) and grpc.
///
/// libcurl speaks, Response judges.  Reading stops as soon as the answer is known.  (A single line
/// is cut off by libcurl itself, at 100 KiB.)
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "health/curl_loop.hpp"
#include "health/probe.hpp"
#include "health/response.hpp"

namespace lb::health {

class CurlOptions;

class HttpProbe final : public Probe {
public:
    HttpProbe(Surroundings around, SharedDefinition definition, bool verbose)
        : Probe{around, std::move(definition), verbose}, curl_{curl_for_it()} {}
    ~HttpProbe() override;

private:
    struct Freed {
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, Freed>;

    CurlLoop& curl_for_it() const;
    void connected() override;
    void ended() override;
    CURLcode prepare();
    void prepare_grpc(CurlOptions& set);
    void prepare_tls(CurlOptions& set, std::string& url);
    void on_done(CURLcode code);
    CheckResult blame(CURLcode code) const;
    long status() const;
    bool has_answered() const;

    static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr*) noexcept;
    static int on_opened(void*, curl_socket_t, curlsocktype) noexcept;
    static std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept;
    static std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept;
    static int on_debug(CURL*, curl_infotype, char* bytes, std::size_t size, void* self) noexcept;

    CurlLoop& curl_;
    const std::unique_ptr<Response> response_ = make_response(*definition_);
    Fd socket_;  // until libcurl asks for it
    Easy easy_;  // of this attempt alone (docs/decisions/0051)
    List headers_;
    List addresses_;  // of the one name in the URL
};

}  // namespace lb::health
