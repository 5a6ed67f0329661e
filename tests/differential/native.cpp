// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>

#include "parties.hpp"

namespace lb::test {
namespace {

constexpr std::size_t kHeadroom = 256, kTailroom = 64;
constexpr std::size_t kUnaligned = 2;  // so that what follows Ethernet lies at a multiple of 4

template <class T>
T value_of(const std::map<Bytes, Bytes>& contents, std::uint32_t index) {
    T value{};
    const auto* key = reinterpret_cast<const std::uint8_t*>(&index);
    const auto found = contents.find({key, key + sizeof(index)});
    if (found != contents.end()) std::memcpy(&value, found->second.data(), sizeof(value));
    return value;
}

}  // namespace

bool Counters::operator==(const Counters& other) const {
    const auto same = [](const std::vector<lb_count>& left, const std::vector<lb_count>& right) {
        return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                          [](const lb_count& one, const lb_count& two) {
                              return one.packets == two.packets && one.bytes == two.bytes;
                          });
    };
    return verdicts == other.verdicts && same(vips, other.vips) && same(backends, other.backends);
}

Native::Native(const model::Tables& tables) {
    world_.resize("vips", kSceneLimits.vips);
    world_.resize("slots", kSceneLimits.slots);
    world_.resize("backends", kSceneLimits.backends);
    write(tables, [this](const std::string& map, const Bytes& key, const Bytes& value) {
        world_.put(map, key, value);
    });
}

Run Native::receive(const Frame& frame) {
    const auto& bytes = frame.bytes;
    // New for each frame, dirty, and no longer than it must be: ASan sees all that lies around it.
    Bytes room(kHeadroom + kUnaligned + bytes.size() + kTailroom, 0xa5);
    auto* start = room.data() + kHeadroom + kUnaligned;
    std::ranges::copy(bytes, start);
    lb_frame raw{room.data(), room.data() + room.size(), start, start + bytes.size(), kIngress};
    found_ = world_.run(raw);
    return {found_.action, {Bytes(raw.start, raw.end)}};
}

Counters Native::counters() {
    Counters counters;
    const auto verdicts = value_of<lb_verdict_counts>(world_.contents("verdicts"), 0);
    counters.verdicts.assign(std::begin(verdicts.packets), std::end(verdicts.packets));
    for (std::uint32_t i = 0; i < kSceneLimits.vips; ++i)
        counters.vips.push_back(value_of<lb_count>(world_.contents("vip_counts"), i));
    for (std::uint32_t i = 0; i < kSceneLimits.backends; ++i)
        counters.backends.push_back(value_of<lb_count>(world_.contents("backend_counts"), i));
    return counters;
}

}  // namespace lb::test
