// SPDX-License-Identifier: Apache-2.0
/// Response: what the bytes of one HTTP response say, piece by piece.  Knows no socket.
///
/// libcurl parses; how much it may read is decided here: a status line of 256 bytes, 100 header
/// lines and 16 KiB of them.  Memory does not depend on the backend.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "health/definition.hpp"
#include "model/health.hpp"

namespace lb::health {

class Response {
public:
    virtual ~Response() = default;
    Response(const Response&) = delete;

    /// One header line as libcurl cuts them; `status` is that of the response it belongs to.
    /// False: nothing more is needed.
    bool header(std::string_view line, long status);
    /// A piece of the body.  False: nothing more is needed.
    virtual bool body(std::string_view piece) = 0;
    /// The response is over: the result that is known by now.
    virtual CheckResult end(long status) = 0;

    /// The result, as soon as it is certain.
    const std::optional<CheckResult>& verdict() const { return verdict_; }

protected:
    /// `expected` outlives it.
    explicit Response(const Question& expected) : expected_{expected} {}

    virtual bool on_header(std::string_view line) = 0;
    /// The last line of a response that is not an interim one.
    virtual bool on_headers_end(long status) = 0;
    /// False, so that it can be returned.
    bool decide(Outcome outcome, CheckReason reason, long detail = 0);

    const Question& expected_;

private:
    std::optional<CheckResult> verdict_;
    std::size_t header_bytes_ = 0;
    std::size_t header_lines_ = 0;
};

/// http, https: passes when the status is expected, and header and body (64 KiB of it) hold what
/// they should.
class HttpResponse final : public Response {
public:
    explicit HttpResponse(const Question& expected) : Response{expected} {}
    bool body(std::string_view piece) override;
    CheckResult end(long status) override;

private:
    bool on_header(std::string_view line) override;
    bool on_headers_end(long status) override;
    bool is_expected(long status) const;
    bool is_expected_header(std::string_view line) const;

    std::size_t body_bytes_ = 0;
    bool has_header_ = false;  // the expected one
    std::string tail_;         // of the body: what expect_body may begin in
};

/// grpc: passes when grpc.health.v1.Health/Check says SERVING
/// (github.com/grpc/grpc/blob/master/doc/health-checking.md; the framing: PROTOCOL-HTTP2.md there).
class GrpcResponse final : public Response {
public:
    explicit GrpcResponse(const Question& expected) : Response{expected} {}
    bool body(std::string_view piece) override;
    CheckResult end(long status) override;

private:
    bool on_header(std::string_view line) override;
    bool on_headers_end(long status) override;

    std::string body_;
    std::optional<long> grpc_status_;  // of the trailers, or of the only headers
};

/// The body of the request: one message, HealthCheckRequest{service}, in its frame.
std::string grpc_request(const Question& question);

std::unique_ptr<Response> make_response(const Question& expected);

}  // namespace lb::health
