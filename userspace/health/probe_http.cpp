// SPDX-License-Identifier: Apache-2.0
#include "health/probe_http.hpp"

#include <algorithm>

#include "health/curl_loop.hpp"

namespace lb::health {
namespace {

constexpr std::size_t kLongestStatusLine = 256;
constexpr std::size_t kMostHeaderBytes = 16 * 1024;
constexpr std::size_t kMostHeaderLines = 100;
constexpr std::size_t kMostBodyBytes = 64 * 1024;
constexpr long kReceivePiece = 1024;  // libcurl's buffer per transfer, its minimum

/// Sets options of one handle and keeps the first error.  Numbers must be long: the call beneath
/// is variadic.
class Options {
public:
    explicit Options(CURL* easy) : easy_{easy} {}
    void operator()(CURLoption option, long value) { keep(curl_easy_setopt(easy_, option, value)); }
    template <class T>
    void operator()(CURLoption option, T* value) {
        keep(curl_easy_setopt(easy_, option, value));
    }
    CURLcode first_error = CURLE_OK;

private:
    void keep(CURLcode code) {
        if (first_error == CURLE_OK) first_error = code;
    }
    CURL* easy_;
};

}  // namespace

// ------------------------------------------------------------------------------------- Response

bool Response::decide(Outcome outcome, CheckReason reason, long detail) {
    verdict_ = CheckResult{outcome, reason, {}, static_cast<std::uint16_t>(detail)};
    return false;
}

bool Response::is_expected(long status) const {
    return std::any_of(
        expected_.expect_status.begin(), expected_.expect_status.end(),
        [&](const StatusRange& range) { return status >= range.first && status <= range.last; });
}

bool Response::header(std::string_view line, long status) {
    const bool is_status_line = line.starts_with("HTTP/");
    header_bytes_ += line.size();
    header_lines_ += 1;
    if (header_bytes_ > kMostHeaderBytes || header_lines_ > kMostHeaderLines ||
        (is_status_line && line.size() > kLongestStatusLine))
        return decide(Outcome::fail, CheckReason::backend_too_large);
    const bool is_last = line == "\r\n" || line == "\n";
    const bool is_interim = status >= 100 && status < 200 && status != 101;
    if (!is_last || is_interim) return true;
    if (!is_expected(status)) return decide(Outcome::fail, CheckReason::backend_status, status);
    if (expected_.expect_body.empty()) return decide(Outcome::pass, CheckReason::ok);
    return true;
}

bool Response::body(std::string_view piece) {
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

CheckResult Response::end(long status) {
    if (!verdict_ && !is_expected(status))
        decide(Outcome::fail, CheckReason::backend_status, status);
    if (!verdict_) decide(Outcome::fail, CheckReason::backend_body);
    return *verdict_;
}

// ------------------------------------------------------------------------------------ HttpProbe

HttpProbe::~HttpProbe() = default;

void HttpProbe::connected() {
    socket_ = take_socket();
    easy_.reset(curl_easy_init());
    if (!easy_ || prepare() != CURLE_OK) return finish(classify(ENOMEM, Met::here));
    const auto self = std::static_pointer_cast<HttpProbe>(shared_from_this());
    const auto added =
        around_.curl.add(easy_.get(), [self](CURLcode code) { self->on_done(code); });
    if (added != CURLM_OK) finish(classify(ENOMEM, Met::here));
}

void HttpProbe::ended() {
    if (easy_) around_.curl.remove(easy_.get());
    easy_.reset();
}

/// One GET to exactly this backend: the URL carries its address, names go into headers only.  The
/// deadline is Probe's, and the connection is there already: all types of check share them.
CURLcode HttpProbe::prepare() {
    const auto url = "http://" + definition_.backend.text() + "/";
    headers_.reset(curl_slist_append(nullptr, "Connection: close"));
    if (!definition_.host.empty())
        curl_slist_append(headers_.get(), ("Host: " + definition_.host).c_str());
    Options set{easy_.get()};
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_REQUEST_TARGET, definition_.path.c_str());  // as configured, not normalised
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, "lbd-check/" LBD_VERSION);
    set(CURLOPT_HTTPGET, 1L);
    set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(CURLOPT_PROTOCOLS_STR, "http");
    set(CURLOPT_PROXY, "");  // not $http_proxy
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_BUFFERSIZE, kReceivePiece);
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpProbe::on_open);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_SOCKOPTFUNCTION, &HttpProbe::on_opened);
    set(CURLOPT_HEADERFUNCTION, &HttpProbe::on_header);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &HttpProbe::on_body);
    set(CURLOPT_WRITEDATA, this);
    if (notes_.wanted()) {
        set(CURLOPT_DEBUGFUNCTION, &HttpProbe::on_debug);
        set(CURLOPT_DEBUGDATA, this);
        set(CURLOPT_VERBOSE, 1L);
    }
    return set.first_error;
}

long HttpProbe::status() const {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/// Did it send anything at all?
bool HttpProbe::has_answered() const {
    curl_off_t first_byte_after = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_STARTTRANSFER_TIME_T, &first_byte_after);
    return first_byte_after > 0;
}

void HttpProbe::on_done(CURLcode code) {
    if (!easy_) return;
    if (response_.verdict()) return finish(*response_.verdict());
    finish(code == CURLE_OK ? response_.end(status()) : blame(code));
}

/// libcurl's code for a transfer that ended before the answer was known.  There is a connection,
/// so it is the backend's doing, except where our own system failed.
CheckResult HttpProbe::blame(CURLcode code) const {
    const auto fail = [](CheckReason reason) { return CheckResult{Outcome::fail, reason, {}, 0}; };
    long err = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &err);
    switch (code) {
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
            return fail(CheckReason::backend_closed_early);
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
            if (err != 0) return classify(static_cast<int>(err), Met::on_the_wire);
            return fail(CheckReason::backend_reset);
        case CURLE_OUT_OF_MEMORY:  // also: a line longer than libcurl keeps
            if (has_answered()) return fail(CheckReason::backend_too_large);
            return classify(ENOMEM, Met::here);
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:  // an answer that does not begin with HTTP/1
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_HTTP_RETURNED_ERROR:
            return fail(CheckReason::backend_malformed);
        default:
            if (has_answered()) return fail(CheckReason::backend_malformed);
            return classify(err == 0 ? EIO : static_cast<int>(err), Met::here);
    }
}

// ---------------------------------------------------------------------------- libcurl's callbacks

curl_socket_t HttpProbe::on_open(void* self, curlsocktype, curl_sockaddr*) noexcept {
    return static_cast<HttpProbe*>(self)->socket_.release();  // none left: -1, CURL_SOCKET_BAD
}

int HttpProbe::on_opened(void*, curl_socket_t, curlsocktype) noexcept {
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

std::size_t HttpProbe::on_header(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    auto& probe = *static_cast<HttpProbe*>(self);
    return probe.response_.header({bytes, size}, probe.status()) ? size : 0;
}

std::size_t HttpProbe::on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<HttpProbe*>(self)->response_.body({bytes, size}) ? size : 0;
}

int HttpProbe::on_debug(CURL*, curl_infotype type, char* bytes, std::size_t size,
                        void* self) noexcept {
    auto& notes = static_cast<HttpProbe*>(self)->notes_;
    if (type == CURLINFO_HEADER_OUT) notes.add('>', {bytes, size});
    if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) notes.add('<', {bytes, size});
    return 0;
}

}  // namespace lb::health
