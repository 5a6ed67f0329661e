// SPDX-License-Identifier: Apache-2.0
/// lbd: options, signals, exit code.  0 stopped by a signal, 1 failed, 2 usage or configuration.
#include <iostream>

#include <signal.h>

#include "base/log.hpp"
#include "daemon/daemon.hpp"
#include "daemon/notify.hpp"

namespace {

using namespace lb;

int refuse(const Refusal& refusal, const std::string& filename) {
    for (const auto& finding : refusal.findings)
        std::cerr << print(finding, filename) << '\n';
    log::error("not started: " + refusal.what);
    return refusal.kind == Refusal::Kind::invalid ? 2 : 1;
}

/// Tells systemd that the loop turns, and what it does.
void beat(Timer& timer, const daemon::Daemon& daemon, std::chrono::microseconds period) {
    daemon::notify("WATCHDOG=1\nSTATUS=" + daemon.summary());
    timer.in(period, [&timer, &daemon, period] { beat(timer, daemon, period); });
}

void on_signal(Loop& loop, const daemon::Daemon& daemon, int signal) {
    if (signal == SIGHUP) return log::warning("SIGHUP changes nothing: use `lbctl apply FILE`");
    daemon::notify("STOPPING=1");
    log::info("stopping; forwarding goes on", daemon.entry("daemon.stop"));
    loop.stop();
}

}  // namespace

/// jemalloc's: it would take eight heaps for two processors, and what a thread has read once stays
/// in its own.  Ours do little, one after the other: they share that of the loop.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:1";

int main(int argc, char** argv) {
    const auto parsed = daemon::parse_options(argc, argv);
    if (const auto* code = std::get_if<int>(&parsed)) return *code;
    const auto& options = std::get<daemon::Options>(parsed);
    log::start("lbd", options.log_level);
    signal(SIGPIPE, SIG_IGN);

    Loop loop;
    auto daemon = daemon::Daemon::start(loop, options);
    if (!daemon) return refuse(daemon.error(), options.config);

    loop.on_signal({SIGTERM, SIGINT, SIGHUP},
                   [&](int signal) { on_signal(loop, **daemon, signal); });
    Timer heartbeat{loop};
    beat(heartbeat, **daemon, daemon::watchdog_period().value_or(std::chrono::seconds{1}));
    daemon::notify("READY=1");
    log::info("running: " + (*daemon)->summary(), (*daemon)->entry("daemon.start"));
    loop.run();
    (*daemon)->stop();
    return 0;
}
