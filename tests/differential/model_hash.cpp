// SPDX-License-Identifier: Apache-2.0
#include "model_hash.hpp"

namespace lb::test::model {

/// NH (RFC 4418, 5.2.2) over ten words of the flow as it lies in memory, plus the last key, then
/// the finaliser.
std::uint64_t hash_of(const Flow& flow, const Keys& keys) {
    Bytes bytes;
    append(bytes, flow.source.address.bytes);
    append(bytes, flow.destination.address.bytes);
    bytes.resize(40);
    set16(bytes, 32, flow.source.port);
    set16(bytes, 34, flow.destination.port);
    bytes[36] = flow.protocol;
    const auto keyed = [&](std::size_t word) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value |= std::uint64_t{bytes[4 * word + i]} << (8 * i);
        return (value + keys.words[word]) % (1ull << 32);
    };
    std::uint64_t hash = keys.last;
    for (std::size_t pair = 0; pair < 5; ++pair)
        hash += keyed(2 * pair) * keyed(2 * pair + 1);
    for (const auto factor : {0xff51afd7ed558ccdull, 0xc4ceb9fe1a85ec53ull}) {
        hash ^= hash >> 33;
        hash *= factor;
    }
    return hash ^ hash >> 33;
}

std::size_t position_of(std::uint64_t hash, std::size_t size) {
    return (hash >> 32) * size >> 32;
}

}  // namespace lb::test::model
