// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.hpp"

#include <iostream>

#include <unistd.h>

namespace lb::cli {

void show_progress(const std::string& words) {
    if (isatty(STDERR_FILENO) == 1) std::cerr << "\r\x1b[K" << words << std::flush;
}

Ticker::Ticker(std::string words) : words_{std::move(words)} {
    if (isatty(STDERR_FILENO) == 1)
        thread_ = std::jthread{[this](const std::stop_token& stopped) { tick(stopped); }};
}

void Ticker::tick(const std::stop_token& stopped) {
    std::unique_lock lock{mutex_};
    for (int seconds = 1;; ++seconds) {
        over_.wait_for(lock, stopped, std::chrono::seconds{1}, [] { return false; });
        if (stopped.stop_requested()) {
            if (seconds > 1) show_progress({});
            return;
        }
        show_progress(words_ + ": " + std::to_string(seconds) + " s");
    }
}

}  // namespace lb::cli
