// SPDX-License-Identifier: Apache-2.0
#include "health/probe_http.hpp"

namespace lb::health {
namespace {

constexpr long kReceivePiece = 1024;  // libcurl's buffer per transfer, its minimum
// Of HTTP/2 libcurl (7.88) keeps what its buffer does not hold, and hands it over only when more
// comes, which at the end of an answer is never.  So all that is read has to fit: 80 KiB, framed.
constexpr long kReceiveAll = 128 * 1024;
constexpr long kAuthoritiesFor = 5;  // seconds, until their file is read again

}  // namespace

/// Sets options of one handle and keeps the first error.  Numbers must be long: the call beneath
/// is variadic.
class CurlOptions {
public:
    explicit CurlOptions(CURL* easy) : easy_{easy} {}
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

HttpProbe::~HttpProbe() = default;

CurlLoop& HttpProbe::curl_for_it() const {
    const bool verifies = definition_->type == CheckType::https && definition_->tls_verify;
    return verifies ? around_.curl.trusting(definition_->tls_ca) : around_.curl;
}

void HttpProbe::connected() {
    socket_ = take_socket();
    easy_.reset(curl_easy_init());
    if (!easy_ || prepare() != CURLE_OK) return finish(classify(ENOMEM, Met::here));
    const auto self = std::static_pointer_cast<HttpProbe>(shared_from_this());
    const auto added = curl_.add(easy_.get(), [self](CURLcode code) { self->on_done(code); });
    if (added != CURLM_OK) finish(classify(ENOMEM, Met::here));
}

void HttpProbe::ended() {
    if (easy_) curl_.remove(easy_.get());
    if (auto left = socket_ ? std::move(socket_) : curl_.take_back(descriptor()))
        give_back(std::move(left));
    easy_.reset();
}

/// One request to exactly this backend: the connection is there already, and names are not looked
/// up.  The deadline is Probe's; all types of check share both.
CURLcode HttpProbe::prepare() {
    const bool is_tls = definition_->type == CheckType::https;
    const bool is_grpc = definition_->type == CheckType::grpc;
    const bool is_http2 = is_grpc || definition_->http_version == HttpVersion::http2;
    const char* scheme = is_tls ? "https" : "http";
    auto url = scheme + ("://" + definition_->backend.text()) + "/";
    const auto host = definition_->host.empty() ? definition_->backend.text() : definition_->host;
    headers_.reset(curl_slist_append(nullptr, ("Host: " + host).c_str()));
    if (!is_http2) curl_slist_append(headers_.get(), "Connection: close");
    CurlOptions set{easy_.get()};
    if (is_tls) prepare_tls(set, url);
    set(CURLOPT_URL, url.c_str());
    if (!is_grpc)
        set(CURLOPT_REQUEST_TARGET, definition_->path.c_str());  // as configured, not normalised
    if (is_grpc)
        for (const char* header : {"Content-Type: application/grpc", "TE: trailers"})
            curl_slist_append(headers_.get(), header);
    set(CURLOPT_HTTPHEADER, headers_.get());
    set(CURLOPT_USERAGENT, "lbd-check/" LBD_VERSION);
    if (is_grpc)
        prepare_grpc(set);
    else
        set(definition_->method == HttpMethod::head ? CURLOPT_NOBODY : CURLOPT_HTTPGET, 1L);
    set(CURLOPT_HTTP_VERSION,
        is_http2 ? is_tls ? long{CURL_HTTP_VERSION_2TLS} : long{CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE}
                 : long{CURL_HTTP_VERSION_1_1});
    set(CURLOPT_PROTOCOLS_STR, scheme);
    set(CURLOPT_PROXY, "");  // not $http_proxy
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);  // else each looks through all that others left there
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_TCP_NODELAY, 0L);  // one request, in one piece
    set(CURLOPT_BUFFERSIZE, is_http2 ? kReceiveAll : kReceivePiece);
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

void HttpProbe::prepare_grpc(CurlOptions& set) {
    const auto message = grpc_request(*definition_);
    set(CURLOPT_REQUEST_TARGET, "/grpc.health.v1.Health/Check");
    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(message.size()));
    set(CURLOPT_COPYPOSTFIELDS, message.c_str());
}

/// The name in the URL is the one that TLS asks for and verifies; it leads to the backend whatever
/// a resolver says.
void HttpProbe::prepare_tls(CurlOptions& set, std::string& url) {
    const auto& name = definition_->sni.empty() ? definition_->host : definition_->sni;
    if (!name.empty()) {
        const auto port = std::to_string(definition_->backend.port);
        const auto pinned = name + ":" + port + ":" + definition_->backend.address.text();
        addresses_.reset(curl_slist_append(nullptr, pinned.c_str()));
        set(CURLOPT_RESOLVE, addresses_.get());
        url = "https://" + name + ":" + port + "/";
    }
    set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    set(CURLOPT_SSL_VERIFYPEER, definition_->tls_verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, definition_->tls_verify ? 2L : 0L);
    // Debian's libcurl trusts a folder, too, whatever file is named, and then reads the file (28 ms
    // for the system's) for each connection.
    const char* nothing = nullptr;
    set(CURLOPT_CAPATH, nothing);
    set(CURLOPT_CA_CACHE_TIMEOUT, kAuthoritiesFor);
    if (!definition_->tls_verify)
        set(CURLOPT_CAINFO, nothing);
    else if (!definition_->tls_ca.empty())
        set(CURLOPT_CAINFO, definition_->tls_ca.c_str());
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
    if (response_->verdict()) return finish(*response_->verdict());
    finish(code == CURLE_OK ? response_->end(status()) : blame(code));
}

/// libcurl's code for a transfer that ended before the answer was known.  There is a connection,
/// so it is the backend's doing, except where our own system failed.
CheckResult HttpProbe::blame(CURLcode code) const {
    long err = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &err);
    switch (code) {
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
            return failed(CheckReason::backend_closed_early);
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
            if (err != 0) return classify(static_cast<int>(err), Met::on_the_wire);
            return failed(CheckReason::backend_reset);
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CIPHER:
            return failed(CheckReason::backend_tls);
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
            return failed(CheckReason::backend_certificate);
        case CURLE_SSL_CACERT_BADFILE:
            return inconclusive(CheckReason::local_ca);
        case CURLE_OUT_OF_MEMORY:  // also: a line longer than libcurl keeps
            if (has_answered()) return failed(CheckReason::backend_too_large);
            return classify(ENOMEM, Met::here);
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_UNSUPPORTED_PROTOCOL:  // an answer that does not begin with HTTP/1
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_HTTP_RETURNED_ERROR:
            return failed(CheckReason::backend_malformed);
        default:
            if (has_answered()) return failed(CheckReason::backend_malformed);
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
    return probe.response_->header({bytes, size}, probe.status()) ? size : 0;
}

std::size_t HttpProbe::on_body(char* bytes, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<HttpProbe*>(self)->response_->body({bytes, size}) ? size : 0;
}

int HttpProbe::on_debug(CURL*, curl_infotype type, char* bytes, std::size_t size,
                        void* self) noexcept {
    auto& notes = static_cast<HttpProbe*>(self)->notes_;
    if (type == CURLINFO_HEADER_OUT) notes.add('>', {bytes, size});
    if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN) notes.add('<', {bytes, size});
    return 0;
}

}  // namespace lb::health
