// SPDX-License-Identifier: Apache-2.0
/// Capturing: one capture at a time, from its order to its answer.
///
/// It ends when the packets are there, when its time is over, or when the process that asked for it
/// is gone, whatever comes first; then the plain packet program runs again and the reply is made.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "api/core.hpp"
#include "base/fd.hpp"
#include "base/loop.hpp"
#include "dataplane/dataplane.hpp"

namespace lb::daemon {

/// The names of what a record has numbers for.
struct CaptureNames {
    std::function<std::string(std::uint32_t verdict)> verdict;
    std::function<std::string(std::uint32_t vip)> vip;
    std::function<std::string(std::uint32_t backend)> backend;
};

class Capturing {
public:
    Capturing(Loop& loop, dataplane::Dataplane& dataplane)
        : loop_{loop}, dataplane_{dataplane}, tick_{loop} {}

    /// `pid`: who asks; 0: nobody whose end could be seen.
    void start(const CaptureOrder& order, CaptureNames names, int pid,
               api::Reply<CaptureView> reply);

private:
    void look();
    void take();
    bool is_over() const;
    void end();

    Loop& loop_;
    dataplane::Dataplane& dataplane_;
    Timer tick_;
    CaptureOrder order_;
    CaptureNames names_;
    Time until_;
    Fd process_;  ///< of who asks, readable once it is gone
    std::unique_ptr<Watch> its_end_;
    CaptureView view_;
    api::Reply<CaptureView> reply_;  ///< set: a capture is running
};

}  // namespace lb::daemon
