// SPDX-License-Identifier: Apache-2.0
/// Capture: the packet program that also copies packets (bpf/capture.bpf.c), and what it copied.
///
/// It works on the maps of the loaded object, so whoever attaches it changes nothing but that.  It
/// bounds itself: after the last packet or the last moment of the order it copies nothing more,
/// even if nobody takes it off the interfaces.
#pragma once

#include <memory>
#include <vector>

#include "base/result.hpp"
#include "dataplane/loader.hpp"
#include "model/capture.hpp"

struct capture_bpf;
struct ring_buffer;

namespace lb::dataplane {

class Capture {
public:
    /// From here on the order's time runs.
    static Result<std::unique_ptr<Capture>> load(const Loaded& live, const CaptureOrder& order);
    ~Capture();

    /// Its descriptor, good as long as this lives.
    int program() const;
    /// What was copied since the last call.
    std::vector<CaptureRecord> take();
    CaptureLosses losses() const;

private:
    struct Inside;
    explicit Capture(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

}  // namespace lb::dataplane
