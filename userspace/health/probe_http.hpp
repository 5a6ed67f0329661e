// SPDX-License-Identifier: Apache-2.0
/// HttpProbe: one GET or HEAD over HTTP/1.1 or 2, in TLS or not; passes when the status is expected
/// and header and body hold what they should.
///
/// libcurl parses; how much it may read is decided here: a status line of 256 bytes, 100 header
/// lines and 16 KiB of them, 64 KiB of body.  (A single line is cut off by libcurl itself, at 100
/// KiB.)  Reading stops as soon as the answer is known.  Memory does not depend on the backend.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "health/probe.hpp"

namespace lb::health {

/// What the bytes of one response say, piece by piece.  Knows no socket.
class Response {
public:
    /// `expected` outlives it.
    explicit Response(const Definition& expected) : expected_{expected} {}

    /// One header line as libcurl cuts them; `status` is that of the response it belongs to.
    /// False: nothing more is needed.
    bool header(std::string_view line, long status);
    /// A piece of the body.  False: nothing more is needed.
    bool body(std::string_view piece);
    /// The response is over: the result that is known by now.
    CheckResult end(long status);

    /// The result, as soon as it is certain.
    const std::optional<CheckResult>& verdict() const { return verdict_; }

private:
    bool decide(Outcome outcome, CheckReason reason, long detail = 0);
    bool is_expected(long status) const;
    bool is_expected_header(std::string_view line) const;

    const Definition& expected_;
    std::optional<CheckResult> verdict_;
    std::size_t header_bytes_ = 0;
    std::size_t header_lines_ = 0;
    std::size_t body_bytes_ = 0;
    bool has_header_ = false;  // the expected one
    std::string tail_;         // of the body: what expect_body may begin in
};

class CurlOptions;

class HttpProbe final : public Probe {
public:
    HttpProbe(Surroundings around, Definition definition, bool verbose)
        : Probe{around, std::move(definition), verbose} {}
    ~HttpProbe() override;

private:
    struct Freed {
        void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
        void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    };
    using List = std::unique_ptr<curl_slist, Freed>;

    void connected() override;
    void ended() override;
    CURLcode prepare();
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

    Response response_{definition_};
    Fd socket_;  // until libcurl asks for it
    std::unique_ptr<CURL, Freed> easy_;
    List headers_;
    List addresses_;  // of the one name in the URL
};

}  // namespace lb::health
