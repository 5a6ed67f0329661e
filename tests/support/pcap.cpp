// SPDX-License-Identifier: Apache-2.0
#include "support/pcap.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace lb::test {
namespace {

constexpr std::uint32_t kMagic = 0xa1b2c3d4, kSnapLength = 0x40000, kEthernet = 1;

}  // namespace

void write_pcap(const std::string& path, const std::vector<Bytes>& frames) {
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream file{path, std::ios::binary};
    const auto put = [&](std::initializer_list<std::uint32_t> words) {
        for (const auto word : words)
            file.write(reinterpret_cast<const char*>(&word), sizeof(word));
    };
    put({kMagic, 2 | 4 << 16, 0, 0, kSnapLength, kEthernet});  // version 2.4, host order
    std::uint32_t second = 0;
    for (const auto& frame : frames) {
        const auto size = static_cast<std::uint32_t>(frame.size());
        put({second++, 0, size, size});
        file.write(reinterpret_cast<const char*>(frame.data()), size);
    }
    if (!file.flush()) throw std::runtime_error("write " + path);
}

}  // namespace lb::test
