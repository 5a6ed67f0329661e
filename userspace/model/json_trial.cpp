// SPDX-License-Identifier: Apache-2.0
#include "model/json_trial.hpp"

#include "model/json_fields.hpp"

namespace lb::json {

void fields(auto& io, Is<TrialView> auto& trial) {
    io("persona", trial.persona);
    io("expected", trial.expected);
    io("seen", trial.seen);
    io("last", trial.last);
    io.milliseconds("time_ms", trial.took);
    io("result", trial.result);
    io("note", trial.note);
}

void fields(auto& io, Is<CheckTrials> auto& check) {
    io("pools", check.pools);
    io("type", check.type);
    io("line", check.where.line);
    io("trials", check.trials);
}

void fields(auto& io, Is<TestView> auto& test) {
    io("checks", test.checks);
    io("findings", test.findings);
}

std::string print(const TestView& test) {
    return print_document(test);
}

}  // namespace lb::json
