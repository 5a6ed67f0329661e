// SPDX-License-Identifier: Apache-2.0
#include "bench/rotation.hpp"

#include <cstring>
#include <stdexcept>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "rerun.skel.h"

namespace lb::bench {
namespace {

constexpr std::uint32_t kFirstWord = 6;  // as in rerun.bpf.c
constexpr std::uint32_t kNetwork = 14;

/// Where two bytes of the frame lie among its words.
struct Place {
    explicit Place(std::uint32_t at)
        : word{(at - kFirstWord) / 8}, shift{(at - kFirstWord) % 8 * 8} {}
    std::uint32_t word, shift;
};

}  // namespace

Rotation::Rotation(const test::Packet& packet)
    : frame_{packet.frame()}, skeleton_{rerun_bpf__open(), &rerun_bpf__destroy} {
    if (!skeleton_) throw std::runtime_error("open rerun.bpf.o");
    const bool v4 = packet.source.address.is_v4();
    const Place address{kNetwork + (v4 ? 14u : 22u)}, port{kNetwork + (v4 ? 20u : 40u)};
    auto& constants = *skeleton_->rodata;
    constants.address_word = address.word;
    constants.address_shift = address.shift;
    constants.port_word = port.word;
    constants.port_shift = port.shift;
    constants.frame_size = static_cast<std::uint32_t>(frame_.bytes.size());
    auto& variables = *skeleton_->bss;
    if (frame_.bytes.size() < kFirstWord + sizeof variables.words)
        throw std::runtime_error("a frame too short to rotate");
    if (rerun_bpf__load(skeleton_.get()) < 0) throw std::runtime_error("load rerun.bpf.o");
    std::memcpy(&skeleton_->bss->start, frame_.bytes.data(), sizeof variables.start);
    std::memcpy(skeleton_->bss->words, frame_.bytes.data() + kFirstWord, sizeof variables.words);
}

double Rotation::cost(int program, Clients& clients, std::uint32_t packets) {
    const std::uint32_t first = 0;
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.program), &first, &program, BPF_ANY) < 0)
        throw std::runtime_error("put a program behind rerun: is it XDP?");
    skeleton_->bss->flows = clients.count;
    skeleton_->bss->turn = clients.next;
    bpf_test_run_opts options{};
    options.sz = sizeof options;
    options.data_in = frame_.bytes.data();
    options.data_size_in = static_cast<std::uint32_t>(frame_.bytes.size());
    options.repeat = static_cast<int>(packets);
    if (bpf_prog_test_run_opts(bpf_program__fd(skeleton_->progs.rerun), &options) < 0)
        throw std::runtime_error("BPF_PROG_TEST_RUN");
    clients.next = skeleton_->bss->turn;
    return options.duration;
}

}  // namespace lb::bench
