// SPDX-License-Identifier: Apache-2.0
#include "events/refusals.hpp"

namespace lb::events {
namespace {

constexpr std::chrono::seconds kMinute{60};

}  // namespace

void Refusals::note(Event refusal, const std::string& in_words) {
    if (told_.empty()) sum_up_later();
    if (told_.is_new(refusal)) tell_(std::move(refusal), in_words);
}

void Refusals::sum_up_later() {
    minute_.in(kMinute, [this] {
        sum_up();
        if (!told_.empty()) sum_up_later();
    });
}

void Refusals::sum_up() {
    for (auto& refusal : told_.sum()) {
        const auto in_words = "apply refused: " + refusal.reason;
        tell_(std::move(refusal), in_words);
    }
}

}  // namespace lb::events
