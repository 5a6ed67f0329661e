// SPDX-License-Identifier: Apache-2.0
/// HTTP/2 by libnghttp2: a session of memory, no socket.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include <nghttp2/nghttp2.h>

#include "personas/speech.hpp"

namespace lb::personas {
namespace {

class Http2Speech final : public Speech {
public:
    explicit Http2Speech(HttpAnswer answer) : answer_{std::move(answer)} {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Http2Speech::on_frame);
        nghttp2_session_server_new(&session_, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    }
    ~Http2Speech() override { nghttp2_session_del(session_); }

    std::string hear(std::string_view bytes) override {
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        // what is no HTTP/2 is answered with GOAWAY, as the session has it
        if (nghttp2_session_mem_recv(session_, data, bytes.size()) < 0)
            nghttp2_session_terminate_session(session_, NGHTTP2_PROTOCOL_ERROR);
        std::string words;
        const std::uint8_t* piece = nullptr;
        for (;;) {
            const auto size = nghttp2_session_mem_send(session_, &piece);
            if (size <= 0) return words;
            words.append(reinterpret_cast<const char*>(piece), static_cast<std::size_t>(size));
        }
    }

private:
    static nghttp2_nv header(std::string& name, std::string& value) {
        return {reinterpret_cast<std::uint8_t*>(name.data()),
                reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                NGHTTP2_NV_FLAG_NONE};  // which copies both
    }

    void answer(std::int32_t stream) {
        std::string status_name = ":status", status = std::to_string(answer_.status);
        std::vector<nghttp2_nv> headers{header(status_name, status)};
        for (auto& [name, value] : answer_.headers) {
            std::transform(name.begin(), name.end(), name.begin(), [](char c) {
                return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            });
            headers.push_back(header(name, value));
        }
        said_ = 0;
        nghttp2_data_provider body{};
        body.source.ptr = this;
        body.read_callback = &Http2Speech::read_body;
        nghttp2_submit_response(session_, stream, headers.data(), headers.size(), &body);
    }

    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) noexcept {
        const bool is_part = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
        if (is_part && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            static_cast<Http2Speech*>(self)->answer(frame->hd.stream_id);
        return 0;
    }

    static ssize_t read_body(nghttp2_session* session, std::int32_t stream, std::uint8_t* room,
                             std::size_t size, std::uint32_t* flags, nghttp2_data_source* source,
                             void*) noexcept {
        auto& self = *static_cast<Http2Speech*>(source->ptr);
        size = std::min(size, self.answer_.body.size() - self.said_);
        std::memcpy(room, self.answer_.body.data() + self.said_, size);
        self.said_ += size;
        if (self.said_ < self.answer_.body.size()) return static_cast<ssize_t>(size);
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (self.answer_.grpc_status.empty()) return static_cast<ssize_t>(size);
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::string name = "grpc-status";
        const auto trailer = header(name, self.answer_.grpc_status);
        nghttp2_submit_trailer(session, stream, &trailer, 1);
        return static_cast<ssize_t>(size);
    }

    HttpAnswer answer_;
    nghttp2_session* session_ = nullptr;
    std::size_t said_ = 0;  // of the body; a check asks once on a connection
};

}  // namespace

std::unique_ptr<Speech> make_http2_speech(HttpAnswer answer) {
    return std::make_unique<Http2Speech>(std::move(answer));
}

}  // namespace lb::personas
