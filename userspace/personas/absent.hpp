// SPDX-License-Identifier: Apache-2.0
/// Personas who are not there: a port that nobody has, and a machine that is dead.
#pragma once

#include <vector>

#include "personas/server.hpp"

namespace lb::personas {

/// Keeps the port from everybody and answers nobody: the kernel refuses.
class Vacancy final : public Server {
public:
    static Result<std::shared_ptr<Server>> make(bool is_datagram);

private:
    Fd socket_;
};

/// Its queue is full, so the kernel drops further SYNs, as if the machine were gone.
class Blackhole final : public Server {
public:
    static Result<std::shared_ptr<Server>> make();

private:
    Fd listener_;
    std::vector<Fd> fillers_;
};

}  // namespace lb::personas
