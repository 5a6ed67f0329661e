// SPDX-License-Identifier: Apache-2.0
/// The packet program, native, against the model: any bytes, on tables by chance.
///
/// The first byte of an input chooses the tables, the rest is the frame.  Mutations of bytes alone
/// would hardly ever hit a vip, so now and then a frame is made as the differential test makes
/// them.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

#include "differential/parties.hpp"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace lb::test;

constexpr std::size_t kLargestFrame = 2000;

struct Scene {
    model::Model model;
    Native native;
    explicit Scene(std::mt19937_64 random) : model{any_tables(random)}, native{model.tables()} {}
};

Scene& scene_of(std::uint8_t number) {
    static std::map<std::uint8_t, Scene> scenes;
    return scenes.try_emplace(number, std::mt19937_64{number}).first->second;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > kLargestFrame) return 0;
    auto& scene = scene_of(data[0]);
    const Frame frame{Bytes(data + 1, data + size)};
    // Each input for itself, or a finding could not be repeated.
    scene.model.forget();
    scene.native.forget();
    const auto wanted = scene.model.receive(frame.bytes, kIngress);
    const auto out = scene.native.receive(frame);
    const bool same_bytes =
        !wanted.frame || wanted.settled(out.packet.bytes) == wanted.settled(*wanted.frame);
    if (out.action == wanted.action && scene.native.found().verdict == wanted.verdict && same_bytes)
        return 0;
    std::cerr << "verdict " << scene.native.found().verdict << ", the model says " << wanted.verdict
              << "\nin     " << testing::PrintToString(frame) << "\nout    "
              << testing::PrintToString(out.packet) << "\nwanted "
              << testing::PrintToString(Frame{wanted.frame.value_or(Bytes{})}) << '\n';
    std::abort();
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned seed) {
    std::mt19937_64 random{seed};
    if (size > 1 && random() % 4 != 0) return LLVMFuzzerMutate(data, size, max_size);
    const auto number = static_cast<std::uint8_t>(random());
    const auto frame = any_frame(scene_of(number).model.tables(), random).bytes;
    data[0] = number;
    const auto fits = std::min(frame.size(), max_size - 1);
    std::copy_n(frame.begin(), fits, data + 1);
    return 1 + fits;
}
