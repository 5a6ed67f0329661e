// SPDX-License-Identifier: Apache-2.0
/// One frame through a loaded XDP program by BPF_PROG_TEST_RUN, and the base of all tests that
/// need it.  The frame arrives on lo (ifindex 1), where nothing is attached or sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "support/packet.hpp"

struct dirty_bpf;

namespace lb::test {

inline constexpr std::uint32_t kTestInterface = 1;  ///< lo: what a test run calls its ingress

struct Run {
    int action;  ///< XDP_PASS, ...
    Frame packet;
};

/// Throws std::runtime_error if the kernel refuses.
Run run(int program, const Frame& frame);

/// The same program behind a headroom full of `filling` instead of zeros.
class DirtyHeadroom {
public:
    explicit DirtyHeadroom(int program);
    Run run(const Frame& frame, std::uint8_t filling);

private:
    std::unique_ptr<dirty_bpf, void (*)(dirty_bpf*)> skeleton_;
};

/// Why no BPF program can be loaded here; nothing if one can.
std::optional<std::string> why_no_bpf();

/// Skips where BPF is not to be had, with the reason; where CI is set that is a failure.
class BpfTest : public testing::Test {
protected:
    void SetUp() final;
    /// Loads what the test needs.
    virtual void load() = 0;
};

}  // namespace lb::test
