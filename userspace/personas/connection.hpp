// SPDX-License-Identifier: Apache-2.0
/// Connection: says a Speech on a stream, in a Manner, until the other side has enough.
///
/// Shared by its pending handlers only; it ends with the last of them.  Whoever checks closes
/// every connection, so none outlives an attempt.
#pragma once

#include <array>
#include <memory>
#include <type_traits>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include "personas/manner.hpp"
#include "personas/speech.hpp"

namespace lb::personas {

template <class Stream>
class Connection : public std::enable_shared_from_this<Connection<Stream>> {
public:
    Connection(Stream stream, std::unique_ptr<Speech> speech, const Manner& manner)
        : stream_{std::move(stream)},
          speech_{std::move(speech)},
          manner_{manner},
          pause_{stream_.get_executor()} {}

    void start() {
        if constexpr (kIsTls)
            stream_.async_handshake(Stream::server,
                                    [self = this->shared_from_this()](std::error_code error) {
                                        if (!error) self->begin();
                                    });
        else
            begin();
    }

private:
    static constexpr bool kIsTls = !std::is_same_v<Stream, asio::ip::tcp::socket>;

    void begin() {
        if (manner_.is_done) end_of_words();
        hear({});
        read();
    }

    void read() {
        stream_.async_read_some(asio::buffer(heard_), [self = this->shared_from_this()](
                                                          std::error_code error, std::size_t size) {
            if (error) return self->end();
            self->hear({self->heard_.data(), size});
            self->read();
        });
    }

    void hear(std::string_view bytes) {
        if (manner_.is_mute || manner_.is_done) return;
        waiting_ += speech_->hear(bytes);
        if (!is_busy_ && !waiting_.empty()) pause(manner_.delay);
    }

    /// The next piece comes after a pause, even if that is none.
    void pause(milliseconds length) {
        is_busy_ = true;
        pause_.expires_after(length);
        pause_.async_wait([self = this->shared_from_this()](std::error_code stopped) {
            if (!stopped) self->write();
        });
    }

    void write() {
        const auto size = manner_.per_byte.count() == 0 ? waiting_.size() : 1;
        said_ = waiting_.substr(0, size);
        waiting_.erase(0, size);
        asio::async_write(stream_, asio::buffer(said_),
                          [self = this->shared_from_this()](std::error_code error, std::size_t) {
                              if (!error) self->written();
                          });
    }

    void written() {
        is_busy_ = false;
        if (!waiting_.empty()) return pause(manner_.per_byte);
        if (speech_->is_over()) end_of_words();
    }

    void end_of_words() {
        std::error_code ignored;
        stream_.lowest_layer().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

    void end() {
        pause_.cancel();
        std::error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

    Stream stream_;
    std::unique_ptr<Speech> speech_;
    const Manner manner_;
    asio::steady_timer pause_;
    std::array<char, 4096> heard_{};
    std::string waiting_, said_;  // to be said; on its way
    bool is_busy_ = false;        // with a pause, or with saying
};

}  // namespace lb::personas
