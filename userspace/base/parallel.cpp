// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <new>
#include <thread>
#include <vector>

namespace lb {
namespace {

constexpr std::size_t kMostThreads = 8;  // a thread costs more than what a ninth would save

}  // namespace

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& piece) {
    std::atomic<std::size_t> next{0};
    std::vector<char> is_left(count, 0);
    const auto work = [&] {
        for (auto i = next++; i < count; i = next++)
            piece(i);
    };
    const auto help = [&] {
        for (auto i = next++; i < count; i = next++)
            try {
                piece(i);
            } catch (const std::bad_alloc&) {  // a new thread may have no heap where we have one
                is_left[i] = 1;
                return;
            }
    };
    std::vector<std::future<void>> others;  // their destructors wait
    const std::size_t processors = std::thread::hardware_concurrency();
    for (std::size_t i = 1; i < std::min({processors, kMostThreads, count}); ++i)
        others.push_back(std::async(help));  // deferred if there is no thread for it
    work();
    for (auto& other : others)
        other.get();
    for (std::size_t i = 0; i < count; ++i)
        if (is_left[i]) piece(i);
}

}  // namespace lb
