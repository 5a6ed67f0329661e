// SPDX-License-Identifier: Apache-2.0
/// Door: the listener on loopback, as the configuration wants it (`http.listen`).
///
/// A change to an address that is taken is refused before anything else happens.  Where there is
/// nobody to refuse (lbd starts, or goes back to an earlier generation) forwarding comes first: the
/// door stays shut, says so, and tries again.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/server.hpp"
#include "base/loop.hpp"

namespace lb::daemon {

/// Invariant: open at the address that become() was given last, or shut with a problem.
class Door {
public:
    using Opened = std::unique_ptr<api::Server>;

    /// Both outlive it.
    Door(Loop& loop, api::Core& core) : loop_{loop}, core_{core}, again_{loop} {}

    /// Opens `wanted` beside what is open now.  Nothing: it is no other than now, or not wanted.
    Result<Opened> try_out(const std::optional<Endpoint>& wanted) const;
    /// From now on it is open there, and nowhere else; `opened` comes from try_out().
    void become(const std::optional<Endpoint>& wanted, Opened opened = {});
    /// Why it is shut; empty: it is not, or nobody wants it open.
    const std::string& problem() const { return problem_; }

private:
    Result<Opened> open(const Endpoint& where) const;
    void try_again();

    Loop& loop_;
    api::Core& core_;
    std::optional<Endpoint> wanted_;
    Opened server_;
    std::string problem_;
    Timer again_;
};

}  // namespace lb::daemon
