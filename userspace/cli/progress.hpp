// SPDX-License-Identifier: Apache-2.0
/// progress: one line on standard error that the next one replaces; nothing where that is no
/// terminal.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace lb::cli {

/// "" clears it.
void show_progress(const std::string& words);

/// Ticker: while it lives, and from its second second on, says for how long: "lbd is at it: 3 s".
/// For what blocks, so it has a thread of its own, which does nothing else.
class Ticker {
public:
    explicit Ticker(std::string words);

private:
    void tick(const std::stop_token& stopped);

    std::string words_;
    std::mutex mutex_;
    std::condition_variable_any over_;
    std::jthread thread_;  ///< last: it ends before the rest of us does
};

}  // namespace lb::cli
