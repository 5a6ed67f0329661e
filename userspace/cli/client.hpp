// SPDX-License-Identifier: Apache-2.0
/// Client: one HTTP request at a time to lbd's unix socket; and nothing else.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/failure.hpp"

namespace lb::cli {

class Client {
public:
    /// `timeout` bounds a request from connect to the last byte of its answer.  `verb` is named in
    /// hints: what the person typed.  When one of `interrupts` becomes readable, nobody waits for
    /// the answer any more: a Failure.
    Client(std::string socket, std::chrono::milliseconds timeout, std::string verb,
           std::vector<int> interrupts = {})
        : socket_{std::move(socket)},
          timeout_{timeout},
          verb_{std::move(verb)},
          interrupts_{std::move(interrupts)} {}

    /// The body of a 200.  Everything else is a Failure: a refusal of lbd, a socket that nobody
    /// answers, no permission, no answer in time.
    Outcome<std::string> get(const std::string& path,
                             const std::map<std::string, std::string>& query = {}) const;
    Outcome<std::string> post(const std::string& path, const std::string& body,
                              const std::string& filename = "lbd.yaml") const;

private:
    Outcome<std::string> request(const std::string& path, const std::string* body,
                                 const std::string& filename) const;
    Failure unreachable(int curl_code, long connect_errno) const;

    std::string socket_;
    std::chrono::milliseconds timeout_;
    std::string verb_;
    std::vector<int> interrupts_;
};

}  // namespace lb::cli
