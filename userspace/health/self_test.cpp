// SPDX-License-Identifier: Apache-2.0
#include "health/self_test.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <sys/socket.h>

#include "base/fd.hpp"

namespace lb::health {
namespace {

using Tcp = asio::ip::tcp;

constexpr std::chrono::milliseconds kOwnLag{250};

Tcp::endpoint endpoint_of(const Endpoint& endpoint) {
    unsigned length = 0;
    const auto address = endpoint.sockaddr_of(length);
    Tcp::endpoint result;
    std::memcpy(result.data(), &address, length);
    result.resize(length);
    return result;
}

/// Whoever says no is there.
bool has_answered(const std::error_code& error) {
    return !error || error == asio::error::connection_refused ||
           error == asio::error::connection_reset;
}

std::string listed(const std::vector<Endpoint>& endpoints) {
    std::string text;
    for (const auto& endpoint : endpoints)
        text += (text.empty() ? "" : ", ") + endpoint.text();
    return text;
}

}  // namespace

/// One test: ends with what is missing when the deadline is over, or as soon as nothing is.
/// Shared by its pending handlers; it ends with the last one.
class SelfTest::Attempt : public std::enable_shared_from_this<Attempt> {
public:
    /// `late`: our own loop was, so that nothing is known.
    using End = std::function<void(const std::string& problem, bool late)>;

    Attempt(Loop& loop, std::vector<Endpoint> references, End end)
        : references_{std::move(references)},
          end_{std::move(end)},
          deadline_{loop.context()},
          acceptor_{loop.context()},
          accepted_{loop.context()},
          self_{loop.context()},
          waiting_{references_.size()},
          has_reference_{references_.empty()} {
        for (std::size_t i = 0; i < references_.size(); ++i)
            others_.emplace_back(loop.context());
    }

    void start() {
        until_ = Loop::now() + kDeadline;
        deadline_.expires_at(until_);
        deadline_.async_wait([self = shared_from_this()](const std::error_code& cancelled) {
            if (!cancelled) self->on_deadline();
        });
        if (auto trouble = call_ourselves(); !trouble.empty()) return end(trouble);
        for (std::size_t i = 0; i < references_.size(); ++i)
            ask(i);
    }

    /// No handler says anything any more.
    void cancel() {
        end_ = nullptr;
        close();
    }

private:
    std::string call_ourselves() {
        const Tcp::endpoint here{asio::ip::address_v4::loopback(), 0};
        std::error_code error;
        acceptor_.open(here.protocol(), error);
        if (!error) acceptor_.bind(here, error);
        if (!error) acceptor_.listen(1, error);
        const auto there = error ? here : acceptor_.local_endpoint(error);
        if (!error) error = open(self_, there.protocol());
        if (error) return "cannot connect to itself: " + error.message();
        acceptor_.async_accept(accepted_,
                               [self = shared_from_this()](const std::error_code& failed) {
                                   self->on_loopback(failed);
                               });
        self_.async_connect(there, [self = shared_from_this()](const std::error_code& failed) {
            self->on_loopback(failed);
        });
        return {};
    }

    /// Closed with RST: no TIME_WAIT piles up.
    static std::error_code open(Tcp::socket& socket, const Tcp& protocol) {
        std::error_code error;
        socket.open(protocol, error);
        if (!error) socket.set_option(Tcp::socket::linger{true, 0}, error);
        return error;
    }

    void on_loopback(const std::error_code& error) {
        if (error) return end("cannot connect to itself: " + error.message());
        ++loopback_;
        end_if_well();
    }

    void ask(std::size_t number) {
        const auto there = endpoint_of(references_[number]);
        if (const auto error = open(others_[number], there.protocol()); error)
            return on_reference(error);
        others_[number].async_connect(there,
                                      [self = shared_from_this()](const std::error_code& error) {
                                          self->on_reference(error);
                                      });
    }

    void on_reference(const std::error_code& error) {
        --waiting_;
        has_reference_ |= has_answered(error);
        if (!has_reference_ && waiting_ == 0) return end(no_reference());
        end_if_well();
    }

    std::string no_reference() const { return "no reference answers: " + listed(references_); }

    void end_if_well() {
        if (loopback_ == 2 && has_reference_) end({});
    }

    void on_deadline() {
        const bool late = Loop::now() - until_ > kOwnLag;
        end(loopback_ < 2 ? "cannot connect to itself within 500 ms" : no_reference(), late);
    }

    void end(const std::string& problem, bool late = false) {
        const auto end = std::exchange(end_, nullptr);
        if (!end) return;  // the first who knows
        close();
        end(problem, late);
    }

    void close() {
        std::error_code ignored;
        deadline_.cancel();
        acceptor_.close(ignored);
        accepted_.close(ignored);
        self_.close(ignored);
        for (auto& socket : others_)
            socket.close(ignored);
    }

    std::vector<Endpoint> references_;
    End end_;
    Time until_;
    asio::steady_timer deadline_;
    Tcp::acceptor acceptor_;
    Tcp::socket accepted_, self_;
    std::vector<Tcp::socket> others_;
    int loopback_ = 0;  // of two: connected, accepted
    std::size_t waiting_;
    bool has_reference_;
};

SelfTest::SelfTest(Loop& loop, Links links, Done done)
    : loop_{loop}, links_{std::move(links)}, done_{std::move(done)}, next_{loop} {
    next_.in(kPeriod, [this] { run(); });
}

SelfTest::~SelfTest() {
    if (attempt_) attempt_->cancel();
}

void SelfTest::set_references(std::vector<Endpoint> references) {
    references_ = std::move(references);
}

void SelfTest::run() {
    next_.in(kPeriod, [this] { run(); });
    if (attempt_) attempt_->cancel();
    attempt_.reset();
    if (const auto problem = links_ ? links_() : std::string{}; !problem.empty())
        return done_(problem);
    begin(false);
}

/// What our own lag has spoilt is tried once more, and then counts.
void SelfTest::begin(bool is_second) {
    attempt_ = std::make_shared<Attempt>(loop_, references_,
                                         [this, is_second](const std::string& problem, bool late) {
                                             attempt_.reset();
                                             if (late && !is_second) return begin(true);
                                             done_(problem);
                                         });
    const auto attempt = attempt_;  // it may end at once
    attempt->start();
}

}  // namespace lb::health
