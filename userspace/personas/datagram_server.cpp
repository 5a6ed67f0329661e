// SPDX-License-Identifier: Apache-2.0
#include "personas/datagram_server.hpp"

#include <array>

#include <sys/socket.h>

#include "personas/answer.hpp"

namespace lb::personas {
namespace {

constexpr std::size_t kMostHeard = 4096;

struct Peer {
    sockaddr_storage address{};
    socklen_t length = sizeof(sockaddr_storage);
    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address); }
};

void send(const Fd& socket, Peer peer, const std::string& words) {
    // who does not get it asks again
    [[maybe_unused]] const auto sent =
        sendto(socket.get(), words.data(), words.size(), MSG_DONTWAIT, peer.generic(), peer.length);
}

}  // namespace

DatagramServer::DatagramServer(Loop& loop, Persona persona, const Check& check)
    : loop_{loop}, persona_{persona}, question_{check}, manner_{manner(persona, check.timeout)} {}

DatagramServer::~DatagramServer() = default;

Result<std::shared_ptr<Server>> DatagramServer::make(Loop& loop, Persona persona,
                                                     const Check& check) {
    const auto made = std::make_shared<DatagramServer>(loop, persona, check);
    auto fd = made->bind_socket(SOCK_DGRAM);
    if (!fd) return fd.error();
    made->socket_ = std::make_shared<Fd>(std::move(*fd));
    made->watch_ = std::make_unique<Watch>(loop, made->socket_->get(),
                                           [server = made.get()] { server->answer(); });
    return std::shared_ptr<Server>{made};
}

void DatagramServer::answer() {
    std::array<char, kMostHeard> heard{};
    Peer peer;
    const auto size = recvfrom(socket_->get(), heard.data(), heard.size(), MSG_DONTWAIT,
                               peer.generic(), &peer.length);
    if (size < 0 || manner_.is_mute) return;
    const std::string_view query{heard.data(), static_cast<std::size_t>(size)};
    const auto words = question_.type == CheckType::dns ? dns_answer(persona_, question_, query)
                                                        : plain_answer(persona_, question_);
    if (manner_.delay.count() == 0) return send(*socket_, peer, words);
    const auto later = std::make_shared<Timer>(loop_);  // shared with its own handler, to live on
    later->in(manner_.delay,
              [later, socket = socket_, peer, words] { send(*socket, peer, words); });
}

}  // namespace lb::personas
