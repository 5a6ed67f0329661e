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

#include <asio/posix/stream_descriptor.hpp>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "health/definition.hpp"
#include "health/lag.hpp"
#include "health/notes.hpp"
#include "model/classify.hpp"

namespace lb::health {

class CurlLoop;

inline constexpr std::size_t kMostReply = 4096;  ///< of a tcp answer or a datagram that is read

/// What all attempts share; outlives them.
struct Surroundings {
    Loop& loop;
    Lag& lag;
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
    Probe(Surroundings around, Definition definition, bool verbose);

    /// There is a connection: take_socket() has it.
    virtual void connected() = 0;
    /// Whatever is still going on must stop.
    virtual void ended() {}

    void finish(CheckResult result);
    /// All of it, into an empty buffer; false: it could not, and the attempt is over.
    bool send(std::string_view bytes);
    /// Later, when there is something to receive(); not after the end.
    void when_readable(Callback callback);
    /// What is there, at most kMostReply bytes: empty at the end of a stream.  Nothing: there
    /// was nothing, or it could not and the attempt is over.
    std::optional<std::string> receive();
    Fd take_socket() { return Fd{socket_.release()}; }

    Surroundings around_;
    const Definition definition_;
    Notes notes_;

private:
    void connect(Fd socket);
    void on_deadline();

    Done done_;
    Time started_{};
    Timer deadline_;
    asio::posix::stream_descriptor socket_;
};

/// The probe for this type of check.
std::shared_ptr<Probe> make_probe(const Surroundings& around, const Definition& definition,
                                  bool verbose);

}  // namespace lb::health
