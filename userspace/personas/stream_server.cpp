// SPDX-License-Identifier: Apache-2.0
#include "personas/stream_server.hpp"

#include <asio/io_context.hpp>
#include <asio/ssl/stream.hpp>
#include <sys/socket.h>

#include "personas/connection.hpp"

namespace lb::personas {
namespace {

constexpr int kQueue = 16;

int choose_http2(SSL*, const unsigned char** chosen, unsigned char* size,
                 const unsigned char* offered, unsigned offered_size, void*) noexcept {
    static constexpr unsigned char kH2[] = {2, 'h', '2'};
    auto* out = const_cast<unsigned char**>(chosen);
    return SSL_select_next_proto(out, size, kH2, sizeof(kH2), offered, offered_size) ==
                   OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

StreamServer::StreamServer(Loop& loop, Persona persona, const Check& check)
    : persona_{persona}, check_{check}, acceptor_{loop.context()} {}

Result<std::shared_ptr<Server>> StreamServer::make(Loop& loop, Persona persona, const Check& check,
                                                   const Authority& authority) {
    const auto made = std::make_shared<StreamServer>(loop, persona, check);
    if (const auto done = made->listen(); !done) return done.error();
    if (check.type == CheckType::https)
        if (const auto done = made->speak_tls(authority); !done) return done.error();
    made->accept();
    return std::shared_ptr<Server>{made};
}

Result<> StreamServer::listen() {
    auto fd = bind_socket(SOCK_STREAM);
    if (!fd) return fd.error();
    std::error_code error;
    acceptor_.assign(asio::ip::tcp::v4(), fd->get(), error);
    if (!error) fd->release();
    if (!error) acceptor_.listen(kQueue, error);
    if (error) return Error{"listen on " + endpoint().text() + ": " + error.message()};
    return {};
}

Result<> StreamServer::speak_tls(const Authority& authority) {
    const auto dates = persona_ == Persona::tls_expired ? Dates::expired : Dates::valid;
    const auto identity = authority.certify(name_of(check_, endpoint()), dates);
    if (!identity) return identity.error();
    tls_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
    auto* context = tls_->native_handle();
    if (SSL_CTX_use_certificate(context, identity->certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context, identity->key.get()) != 1)
        return Error{"TLS does not take its own certificate"};
    if (is_http2(check_)) SSL_CTX_set_alpn_select_cb(context, &choose_http2, nullptr);
    return {};
}

void StreamServer::accept() {
    acceptor_.async_accept(
        [weak = weak_from_this()](std::error_code error, asio::ip::tcp::socket socket) {
            const auto self = weak.lock();
            if (error || !self) return;
            self->entertain(std::move(socket));
            self->accept();
        });
}

void StreamServer::entertain(asio::ip::tcp::socket socket) const {
    const auto how = manner(persona_, check_.timeout);
    auto speech = make_speech(persona_, check_);
    // who never says a word does not shake hands either
    if (!tls_ || how.is_mute || how.is_done)
        std::make_shared<Connection<asio::ip::tcp::socket>>(std::move(socket), std::move(speech),
                                                            how)
            ->start();
    else
        std::make_shared<Connection<asio::ssl::stream<asio::ip::tcp::socket>>>(
            asio::ssl::stream<asio::ip::tcp::socket>{std::move(socket), *tls_}, std::move(speech),
            how)
            ->start();
}

}  // namespace lb::personas
