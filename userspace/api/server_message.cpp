// SPDX-License-Identifier: Apache-2.0
#include "api/server_message.hpp"

#include <array>
#include <memory>
#include <utility>

namespace lb::api {
namespace {

/// Keep nothing, guess nothing, load nothing from elsewhere, be part of no other page.
constexpr std::array<std::pair<const char*, const char*>, 6> kForBrowsers{
    {{"Cache-Control", "no-store"},
     {"X-Content-Type-Options", "nosniff"},
     {"Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
      "'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
     {"X-Frame-Options", "DENY"},
     {"Referrer-Policy", "no-referrer"},
     {"Cross-Origin-Resource-Policy", "same-origin"}}};

struct FreeResponse {
    void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using Message = std::unique_ptr<MHD_Response, FreeResponse>;

/// Its text lives until it has been sent, whoever else shares it.
Message message_of(const Body& body) {
    using Text = std::shared_ptr<const std::string>;
    auto text = std::make_unique<Text>(body.text());
    const auto forget = [](void* its) { delete static_cast<Text*>(its); };
    Message message{MHD_create_response_from_buffer_with_free_callback_cls(
        (*text)->size(), const_cast<char*>((*text)->data()), forget, text.get())};
    if (message) (void)text.release();  // forget() has it now
    return message;
}

}  // namespace

MHD_Result send(MHD_Connection* connection, const Response& response) {
    const auto message = message_of(response.body);
    if (!message) return MHD_NO;
    MHD_add_response_header(message.get(), MHD_HTTP_HEADER_CONTENT_TYPE, response.type.c_str());
    for (const auto& [name, value] : kForBrowsers)
        MHD_add_response_header(message.get(), name, value);
    if (!response.allow.empty())
        MHD_add_response_header(message.get(), MHD_HTTP_HEADER_ALLOW, response.allow.c_str());
    return MHD_queue_response(connection, response.status, message.get());
}

}  // namespace lb::api
