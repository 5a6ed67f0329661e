// SPDX-License-Identifier: Apache-2.0
#include "support/test_run.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "dirty.skel.h"

namespace lb::test {

Run run(int program, const Frame& frame) {
    Run result{-1, {Bytes(frame.bytes.size() + 256)}};
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame.bytes.data();
    options.data_size_in = static_cast<std::uint32_t>(frame.bytes.size());
    options.data_out = result.packet.bytes.data();
    options.data_size_out = static_cast<std::uint32_t>(result.packet.bytes.size());
    if (const int error = bpf_prog_test_run_opts(program, &options); error < 0)
        throw std::runtime_error(std::string{"BPF_PROG_TEST_RUN: "} + std::strerror(-error));
    result.action = static_cast<int>(options.retval);
    result.packet.bytes.resize(options.data_size_out);
    return result;
}

DirtyHeadroom::DirtyHeadroom(int program)
    : skeleton_{dirty_bpf__open_and_load(), &dirty_bpf__destroy} {
    const std::uint32_t first = 0;
    if (!skeleton_) throw std::runtime_error("load the dirty headroom");
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.program), &first, &program, BPF_ANY) < 0)
        throw std::runtime_error(std::string{"put the program behind it: "} + std::strerror(errno));
}

Run DirtyHeadroom::run(const Frame& frame, std::uint8_t filling) {
    skeleton_->bss->filling = 0x0101010101010101u * filling;
    return test::run(bpf_program__fd(skeleton_->progs.dirty), frame);
}

std::optional<std::string> why_no_bpf() {
    if (geteuid() != 0) return "not root: BPF programs cannot be loaded";
    const Fd map{bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 8, 1, nullptr)};
    if (!map) return std::string{"no BPF here: create a map: "} + std::strerror(errno);
    return {};
}

void BpfTest::SetUp() {
    if (const auto why = why_no_bpf()) {
        if (std::getenv("CI") != nullptr) FAIL() << *why;
        GTEST_SKIP() << *why;
    }
    load();
}

}  // namespace lb::test
