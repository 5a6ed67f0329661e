// SPDX-License-Identifier: Apache-2.0
/// lbd-check: makes the health checks that lbd asks for.  The only program of ours that reads what
/// backends send; it may therefore do nothing else (reliability.md 6.2).  It ends when lbd does,
/// because its socket closes, and when its own loop stalls, by SIGALRM; lbd starts it again.
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>
#include <unordered_map>

#include <curl/curl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.hpp"
#include "health/channel.hpp"
#include "health/confine.hpp"
#include "health/curl_loop.hpp"
#include "health/lag.hpp"
#include "health/probe.hpp"
#include "health/wire.hpp"

namespace lb::health {
namespace {

constexpr int kSocket = 3;          // lbd's spawn() puts it there
constexpr unsigned kStalled = 5;    // seconds without a turn of the loop
constexpr unsigned kAwake = 1;      // second in which it turns, had all of the machine stood still
constexpr int kNotOurLanguage = 3;  // exit status

void on_alarm(int) {
    alarm(kAwake);
}

/// While there are attempts: whoever waits for the next order runs nothing that could stall.
/// A machine that was stopped and goes on has its alarms before its programs: so the first one in
/// a row ends nothing.
void expect_another_turn() {
    struct sigaction once {};
    once.sa_handler = on_alarm;
    once.sa_flags = SA_RESETHAND | SA_RESTART;
    sigaction(SIGALRM, &once, nullptr);
    alarm(kStalled);
}

void expect_nothing() {
    alarm(0);
}

class Session {
public:
    explicit Session(Loop& loop)
        : loop_{loop},
          lag_{loop, expect_another_turn, expect_nothing},
          sockets_{loop},
          spares_{sockets_},
          curl_{loop, sockets_},
          channel_{loop, Fd{kSocket},
                   [this](std::string_view packet, Fd descriptor) {
                       on_packet(packet, std::move(descriptor));
                   },
                   [this] { loop_.stop(); }} {}

    int status() const { return status_; }

private:
    void on_packet(std::string_view packet, Fd descriptor) {
        const auto request = decode_request(packet);
        if (!request) return misunderstood(request.error().what);
        if (const auto* define = std::get_if<Define>(&*request))
            checks_[define->check] = std::make_shared<const Definition>(define->definition);
        else if (const auto* forget = std::get_if<Forget>(&*request))
            checks_.erase(forget->check);
        else
            run(std::get<Run>(*request), std::move(descriptor));
    }

    void misunderstood(const std::string& what) {
        std::fprintf(stderr, "lbd-check: %s\n", what.c_str());
        status_ = kNotOurLanguage;
        loop_.stop();
    }

    void run(const Run& run, Fd socket) {
        const auto check = checks_.find(run.check);
        if (check == checks_.end()) return;  // lbd never asks that; it would notice the silence
        if (check->second->from_lbd && !socket) return misunderstood("an order without a socket");
        make_probe({loop_, lag_, sockets_, spares_, curl_}, check->second, run.verbose)
            ->start(
                [this, run](const CheckResult& result, const std::string& notes) {
                    if (run.verbose)
                        channel_.send(encode(Reply{Transcript{run.check, run.sequence, notes}}));
                    channel_.send(encode(Reply{Answer{run.check, run.sequence, result}}));
                },
                std::move(socket));
    }

    Loop& loop_;
    Lag lag_;
    Sockets sockets_;
    Spares spares_;
    CurlLoop curl_;
    Channel channel_;
    std::unordered_map<std::uint32_t, SharedDefinition> checks_;
    int status_ = 0;
};

/// What spawn() could not do before exec, and does not hurt twice.
void harden() {
    prctl(PR_SET_NAME, "lbd-check");
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    rlimit descriptors{};  // one for each attempt in flight
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
}

bool has_socket() {
    int type = 0;
    socklen_t size = sizeof(type);
    return getsockopt(kSocket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

}  // namespace
}  // namespace lb::health

int main(int argc, char** argv) {
    using namespace lb::health;
    if (argc == 2 && std::string_view{argv[1]} == "--version") return std::puts(LBD_VERSION) < 0;
    if (argc > 1 || !has_socket()) {
        std::fputs("lbd-check is started by lbd, not by hand; to try a check: lbctl probe\n",
                   stderr);
        return 2;
    }
    harden();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (const auto done = confine(); !done) {
        std::fprintf(stderr, "lbd-check: %s\n", done.error().what.c_str());
        return 1;
    }
    lb::Loop loop;
    Session session{loop};
    loop.run();
    std::fflush(nullptr);
    _exit(session.status());  // attempts in flight end with us
}
