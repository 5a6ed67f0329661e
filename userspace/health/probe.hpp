// SPDX-License-Identifier: Apache-2.0
/// Probe: one attempt of one check, a small state machine on the loop of lbd-check.
///
/// Every type starts with a socket that is connected to the backend (TCP, or UDP for datagrams) and
/// has one deadline, `timeout` after the start, which no progress moves.  What happens first ends
/// the attempt, the rest finds nothing left to do.  Connections are closed with RST: thousands of
/// checks leave no TIME_WAIT behind.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "health/definition.hpp"
#include "health/lag.hpp"
#include "health/notes.hpp"
#include "health/sockets.hpp"
#include "health/spares.hpp"
#include "model/classify.hpp"

namespace lb::health {

class CurlLoop;

inline constexpr std::size_t kMostReply = 4096;  ///< of a tcp answer or a datagram that is read

/// What all attempts share; outlives them.
struct Surroundings {
    Loop& loop;
    Lag& lag;
    Sockets& sockets;
    Spares& spares;
    CurlLoop& curl;
};

/// Shared by its pending handlers only; it ends with the last of them.
class Probe : public std::enable_shared_from_this<Probe> {
public:
    /// The result and the notes of the attempt, which are empty unless they were wanted.
    using Done = std::function<void(const CheckResult&, const std::string& notes)>;

    virtual ~Probe() = default;
    Probe(const Probe&) = delete;
    /// Calls `done` once, within the timeout; perhaps at once.  `socket`: lbd's, if the definition
    /// says so.
    void start(Done done, Fd socket = {});

protected:
    Probe(Surroundings around, SharedDefinition definition, bool verbose);

    /// There is a connection: take_socket() has it.
    virtual void connected() = 0;
    /// Whatever is still going on must stop.
    virtual void ended() {}

    void finish(CheckResult result);
    /// All of it, into an empty buffer; false: it could not, and the attempt is over.
    bool send(std::string_view bytes);
    /// Whenever there is something to receive(); not after the end.
    void when_readable(Callback callback);
    /// What is there, at most kMostReply bytes: empty at the end of a stream.  Nothing: there
    /// was nothing, or it could not and the attempt is over.
    std::optional<std::string> receive();
    /// For whoever goes on with the connection, until it is given back, if ever.
    Fd take_socket();
    void give_back(Fd socket) { socket_ = std::move(socket); }
    /// Of the connection, whoever has it; -1: there never was one.
    int descriptor() const { return descriptor_; }

    Surroundings around_;
    const SharedDefinition definition_;
    Notes notes_;

private:
    void connect(Fd socket);
    Fd socket_for_it(Fd from_lbd);
    /// `ready` whenever that is true of the socket (see Sockets), until another is wanted.
    void wait(std::uint32_t event, Sockets::Ready ready);
    void put_away(Fd socket, bool is_clean);
    void on_deadline();
    bool has_news() const;

    Done done_;
    Time started_{};
    Timer deadline_;
    Lag::Watcher watches_lag_;  // until the end
    Fd socket_;
    int descriptor_ = -1;
    std::uint32_t waits_for_ = 0;  // EPOLLOUT until it is connected, then EPOLLIN
};

/// The probe for this type of check.
std::shared_ptr<Probe> make_probe(const Surroundings& around, const SharedDefinition& definition,
                                  bool verbose);

}  // namespace lb::health
