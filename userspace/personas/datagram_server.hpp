// SPDX-License-Identifier: Apache-2.0
/// DatagramServer: a persona that answers datagrams, for udp and dns.
#pragma once

#include <functional>

#include "personas/manner.hpp"
#include "personas/server.hpp"

namespace lb::personas {

class DatagramServer final : public Server {
public:
    static Result<std::shared_ptr<Server>> make(Loop& loop, Persona persona, const Check& check);
    ~DatagramServer() override;
    DatagramServer(Loop& loop, Persona persona, const Check& check);

private:
    void answer();

    Loop& loop_;
    const Persona persona_;
    const Question question_;
    const Manner manner_;
    std::shared_ptr<Fd> socket_;  // shared with answers that are late
    std::unique_ptr<Watch> watch_;
};

}  // namespace lb::personas
