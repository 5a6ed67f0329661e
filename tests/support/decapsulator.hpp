// SPDX-License-Identifier: Apache-2.0
/// Decapsulator: the real decap object on maps of its own.
#pragma once

#include <memory>
#include <string_view>

#include "bpf/abi.h"
#include "support/packet.hpp"
#include "support/test_run.hpp"

struct decap_bpf;

void PrintTo(lb_decap_result result, std::ostream* out);

namespace lb::test {

struct DecapOutcome {
    int action = -1;
    Frame packet;
    lb_decap_result result = LB_DECAP_RESULT_COUNT;  ///< unless exactly one was counted, once
};

class Decapsulator {
public:
    /// Throws std::runtime_error if the object does not load.
    Decapsulator();

    void trust(std::string_view balancer);
    void accept(std::string_view vip);
    DecapOutcome receive(const Frame& frame);

private:
    lb_decap_counts results() const;

    std::unique_ptr<decap_bpf, void (*)(decap_bpf*)> skeleton_;
};

}  // namespace lb::test
