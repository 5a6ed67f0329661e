// SPDX-License-Identifier: Apache-2.0
/// Any bytes as what a backend answers to an HTTP check, through a real socket and libcurl: one
/// result, and never one that blames us.  The first byte chooses whether a body is expected, and
/// whether the bytes follow a proper status line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

#include "health/curl_loop.hpp"
#include "health/probe.hpp"

namespace {

using namespace lb;
using namespace lb::health;

struct World {
    World() {
        unsigned length = 0;
        auto address = endpoint.sockaddr_of(length);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (bind(listener.get(), generic, length) != 0 || listen(listener.get(), 8) != 0 ||
            getsockname(listener.get(), generic, &length) != 0)
            std::abort();
        endpoint.port = ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
    }

    /// Sends the whole answer as soon as there is a connection, and closes it for writing.
    void answer(bool has_status_line, const std::uint8_t* data, std::size_t size) {
        connection = Fd{accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        const std::string_view start = has_status_line ? "HTTP/1.1 200 OK\r\n" : "";
        std::string bytes{start};
        bytes.append(reinterpret_cast<const char*>(data), size);
        [[maybe_unused]] const auto sent =
            send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        shutdown(connection.get(), SHUT_WR);
    }

    Loop loop;
    Lag lag{loop};
    Sockets sockets{loop};
    Spares spares{sockets};
    CurlLoop curl{loop, sockets};
    Endpoint endpoint{Address::parse("127.0.0.1").value(), 0};
    Fd listener{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    Fd connection;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    if (size == 0) return 0;
    Check check;
    check.type = CheckType::http;
    check.expect_body = (data[0] & 1) != 0 ? "healthy" : "";
    int results = 0;
    Watch accepted{world.loop, world.listener.get(),
                   [&] { world.answer((data[0] & 2) != 0, data + 1, size - 1); }};
    world.loop.post([&] {
        make_probe({world.loop, world.lag, world.sockets, world.spares, world.curl},
                   std::make_shared<const Definition>(define(check, world.endpoint)), true)
            ->start([&](const CheckResult& result, const std::string&) {
                if (result.outcome == Outcome::inconclusive) std::abort();
                ++results;
                world.loop.post([&] { world.loop.stop(); });
            });
    });
    world.loop.run();
    if (results != 1) std::abort();
    return 0;
}
