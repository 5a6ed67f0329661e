// SPDX-License-Identifier: Apache-2.0
#include "health/response.hpp"

#include <algorithm>

#include <strings.h>

namespace lb::health {
namespace {

constexpr std::size_t kLongestStatusLine = 256;
constexpr std::size_t kMostHeaderBytes = 16 * 1024;
constexpr std::size_t kMostHeaderLines = 100;
constexpr std::size_t kMostBodyBytes = 64 * 1024;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The value of the header `name` ("name:"), if the line is that; RFC 9110, 5.1: by any case.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
    if (line.size() < name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0)
        return {};
    return trimmed(line.substr(name.size()));
}

}  // namespace

bool Response::decide(Outcome outcome, CheckReason reason, long detail) {
    verdict_ = CheckResult{outcome, reason, {}, static_cast<std::uint16_t>(detail)};
    return false;
}

bool Response::header(std::string_view line, long status) {
    header_bytes_ += line.size();
    header_lines_ += 1;
    if (header_bytes_ > kMostHeaderBytes || header_lines_ > kMostHeaderLines ||
        (line.starts_with("HTTP/") && line.size() > kLongestStatusLine))
        return decide(Outcome::fail, CheckReason::backend_too_large);
    const bool is_last = line == "\r\n" || line == "\n";
    const bool is_interim = status >= 100 && status < 200 && status != 101;
    if (!is_last) return on_header(line);
    return is_interim || on_headers_end(status);
}

std::unique_ptr<Response> make_response(const Question& expected) {
    if (expected.type == CheckType::grpc) return std::make_unique<GrpcResponse>(expected);
    return std::make_unique<HttpResponse>(expected);
}

// ------------------------------------------------------------------------------------------ http

bool HttpResponse::is_expected(long status) const {
    return std::any_of(
        expected_.expect_status.begin(), expected_.expect_status.end(),
        [&](const StatusRange& range) { return status >= range.first && status <= range.last; });
}

bool HttpResponse::is_expected_header(std::string_view line) const {
    const std::string_view wanted = expected_.expect_header;
    const auto colon = wanted.find(':');
    const auto value = value_of(line, wanted.substr(0, colon + 1));
    const auto wanted_value = trimmed(wanted.substr(colon + 1));
    return value && (wanted_value.empty() || *value == wanted_value);
}

bool HttpResponse::on_header(std::string_view line) {
    if (line.starts_with("HTTP/")) has_header_ = expected_.expect_header.empty();
    has_header_ = has_header_ || is_expected_header(line);
    return true;
}

bool HttpResponse::on_headers_end(long status) {
    if (!is_expected(status)) return decide(Outcome::fail, CheckReason::backend_status, status);
    if (!has_header_) return decide(Outcome::fail, CheckReason::backend_header);
    if (expected_.expect_body.empty()) return decide(Outcome::pass, CheckReason::ok);
    return true;
}

bool HttpResponse::body(std::string_view piece) {
    const auto& wanted = expected_.expect_body;
    const bool is_cut = body_bytes_ + piece.size() > kMostBodyBytes;
    piece = piece.substr(0, kMostBodyBytes - body_bytes_);
    body_bytes_ += piece.size();
    tail_.append(piece);
    if (tail_.find(wanted) != tail_.npos) return decide(Outcome::pass, CheckReason::ok);
    if (is_cut) return decide(Outcome::fail, CheckReason::backend_too_large);
    tail_.erase(0, tail_.size() - std::min(tail_.size(), wanted.size() - 1));
    return true;
}

CheckResult HttpResponse::end(long status) {
    if (!verdict() && !is_expected(status))
        decide(Outcome::fail, CheckReason::backend_status, status);
    if (!verdict()) decide(Outcome::fail, CheckReason::backend_body);
    return *verdict();
}

// ------------------------------------------------------------------------------------------ grpc

namespace {

constexpr std::size_t kFrame = 5;  // compressed?, length in 4 bytes, big endian
constexpr std::size_t kMostMessage = 4096;
constexpr long kOk = 200, kServing = 1, kNotFound = 5, kUnimplemented = 12;

/// A varint of Protocol Buffers; nothing if it does not end.
std::optional<std::uint64_t> varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if ((byte & 0x80) == 0) return value;
    }
    return {};
}

/// Field 1 of HealthCheckResponse; 0 (UNKNOWN) if it is not there, as Protocol Buffers have it.
/// Nothing: that is no such message.
std::optional<std::uint64_t> serving_status(std::string_view message) {
    std::uint64_t status = 0;
    while (!message.empty()) {
        const auto key = varint(message);
        const auto value = key && (*key & 7) == 0 ? varint(message) : std::nullopt;
        if (!value) return {};
        if (*key >> 3 == 1) status = *value;
    }
    return status;
}

}  // namespace

std::string grpc_request(const Question& question) {
    std::string message;
    if (const auto& service = question.grpc_service; !service.empty()) {
        message += '\x0a';  // field 1, a string
        if (service.size() >= 0x80) message += static_cast<char>(service.size() | 0x80);
        message += static_cast<char>(service.size() >= 0x80 ? service.size() >> 7 : service.size());
        message += service;
    }
    std::string frame(3, '\0');  // not compressed; the length is below 64 KiB
    frame += static_cast<char>(message.size() >> 8);
    frame += static_cast<char>(message.size() & 0xff);
    return frame + message;
}

bool GrpcResponse::on_header(std::string_view line) {
    const auto value = value_of(line, "grpc-status:");
    if (!value) return true;
    const bool is_number =
        !value->empty() && value->size() < 4 &&
        std::all_of(value->begin(), value->end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number) return decide(Outcome::fail, CheckReason::backend_malformed);
    grpc_status_ = std::stol(std::string{*value});
    return true;
}

bool GrpcResponse::on_headers_end(long status) {
    if (status != kOk) return decide(Outcome::fail, CheckReason::backend_status, status);
    return true;
}

bool GrpcResponse::body(std::string_view piece) {
    if (body_.size() + piece.size() > kMostMessage)
        return decide(Outcome::fail, CheckReason::backend_too_large);
    body_ += piece;
    return true;
}

CheckResult GrpcResponse::end(long) {
    if (verdict()) return *verdict();
    const auto fail = [&](CheckReason reason, long detail = 0) {
        decide(Outcome::fail, reason, detail);
        return *verdict();
    };
    if (!grpc_status_) return fail(CheckReason::backend_malformed);
    if (*grpc_status_ == kNotFound) return fail(CheckReason::backend_grpc_service);
    if (*grpc_status_ == kUnimplemented) return fail(CheckReason::backend_grpc_no_check);
    if (*grpc_status_ != 0) return fail(CheckReason::backend_grpc, *grpc_status_);
    const bool is_whole =
        body_.size() >= kFrame && body_[0] == 0 && body_[1] == 0 && body_[2] == 0 &&
        static_cast<std::size_t>(static_cast<unsigned char>(body_[3]) << 8 |
                                 static_cast<unsigned char>(body_[4])) == body_.size() - kFrame;
    const auto status =
        is_whole ? serving_status(std::string_view{body_}.substr(kFrame)) : std::nullopt;
    if (!status) return fail(CheckReason::backend_malformed);
    if (*status != kServing)
        return fail(CheckReason::backend_not_serving,
                    static_cast<long>(std::min<std::uint64_t>(*status, 99)));
    decide(Outcome::pass, CheckReason::ok);
    return *verdict();
}

}  // namespace lb::health
