// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "unit/health/probing.hpp"

namespace lb::health {
namespace {

/// Answers each datagram with what `behaviour` makes of it; nothing: it keeps silent.
class Answerer {
public:
    using Behaviour = std::function<std::optional<std::string>(std::string)>;
    explicit Answerer(Behaviour behaviour, const char* address = "127.0.0.1")
        : endpoint_{*Address::parse(address), 0} {
        unsigned length = 0;
        auto bound = endpoint_.sockaddr_of(length);
        socket_ = Fd{socket(endpoint_.address.family(), SOCK_DGRAM, 0)};
        EXPECT_EQ(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&bound), length), 0);
        EXPECT_EQ(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&bound), &length), 0);
        endpoint_.port = ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
        thread_ = std::thread{[this, behaviour] { serve(behaviour); }};
    }
    ~Answerer() {
        stop_ = true;
        thread_.join();
    }
    const Endpoint& endpoint() const { return endpoint_; }

private:
    void serve(const Behaviour& behaviour) {
        std::array<char, 8192> buffer{};
        while (!stop_) {
            pollfd ready{socket_.get(), POLLIN, 0};
            if (poll(&ready, 1, 10) != 1) continue;
            sockaddr_storage from{};
            socklen_t length = sizeof(from);
            const auto size = recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                       reinterpret_cast<sockaddr*>(&from), &length);
            const auto reply = behaviour({buffer.data(), static_cast<std::size_t>(size)});
            if (reply)
                sendto(socket_.get(), reply->data(), reply->size(), 0,
                       reinterpret_cast<const sockaddr*>(&from), length);
        }
    }
    Endpoint endpoint_;
    Fd socket_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

Answerer::Behaviour says(const std::string& reply) {
    return [reply](const std::string&) { return reply; };
}

class UdpProbeTest : public ProbeTest {
protected:
    Definition ask(const Endpoint& backend) const {
        auto what = definition(CheckType::udp, backend);
        what.send = "status";
        what.expect = "ready";
        return what;
    }
};

TEST_F(UdpProbeTest, PassesWhenTheReplyHoldsWhatIsExpected) {
    std::string heard;
    {
        Answerer backend{[&](const std::string& said) {
            heard = said;
            return std::string{"all ready."};
        }};
        expect(CheckReason::ok, attempt(ask(backend.endpoint())).result);
    }
    EXPECT_EQ(heard, "status");
}

TEST_F(UdpProbeTest, SpeaksIpv6) {
    Answerer backend{says("ready"), "::1"};
    expect(CheckReason::ok, attempt(ask(backend.endpoint())).result);
}

TEST_F(UdpProbeTest, FailsOnAnotherReply) {
    Answerer backend{says("busy")};
    expect(CheckReason::backend_answer, attempt(ask(backend.endpoint())).result);
    Answerer empty{says("")};
    expect(CheckReason::backend_answer, attempt(ask(empty.endpoint())).result);
}

TEST_F(UdpProbeTest, NeverPassesOnSilence) {
    Answerer backend{[](const std::string&) { return std::nullopt; }};
    expect(CheckReason::backend_timeout, attempt(ask(backend.endpoint())).result);
}

TEST_F(UdpProbeTest, FailsWhenNobodyHasThePort) {
    Endpoint nobody;
    {
        Answerer gone{says("ready")};
        nobody = gone.endpoint();
    }
    expect(CheckReason::backend_refused, attempt(ask(nobody)).result);
}

TEST_F(UdpProbeTest, ReadsFourKilobytesAndNoMore) {
    Answerer backend{says(std::string(kMostReply, 'x') + "ready")};
    expect(CheckReason::backend_answer, attempt(ask(backend.endpoint())).result);
}

// -------------------------------------------------------------------------------------------- dns

class DnsProbeTest : public ProbeTest {
protected:
    Definition ask(const Endpoint& backend) const {
        auto what = definition(CheckType::dns, backend);
        what.name = "health.example.com";
        return what;
    }
};

/// The query as a reply without any answer.
std::string echoed(std::string query) {
    query[2] = static_cast<char>(query[2] | 0x80);
    return query;
}

TEST_F(DnsProbeTest, PassesOnAReplyToItsQuestion) {
    Answerer backend{echoed};
    expect(CheckReason::ok, attempt(ask(backend.endpoint())).result);
}

TEST_F(DnsProbeTest, SaysWhichCodeCameInstead) {
    Answerer backend{[](const std::string& query) {
        auto reply = echoed(query);
        reply[3] = 3;
        return reply;
    }};
    const auto result = attempt(ask(backend.endpoint())).result;
    expect(CheckReason::backend_rcode, result);
    EXPECT_EQ(describe(result), "backend.rcode 3");
}

TEST_F(DnsProbeTest, DoesNotTakeSomebodyElsesReply) {
    Answerer backend{[](const std::string& query) {
        auto reply = echoed(query);
        reply[0] = static_cast<char>(reply[0] ^ 1);
        return reply;
    }};
    expect(CheckReason::backend_timeout, attempt(ask(backend.endpoint())).result);
}

TEST_F(DnsProbeTest, FailsOnNonsense) {
    Answerer backend{says("what?")};
    expect(CheckReason::backend_malformed, attempt(ask(backend.endpoint())).result);
}

}  // namespace
}  // namespace lb::health
