// SPDX-License-Identifier: Apache-2.0
/// SelfTest: is it us?  Every two seconds, and at once when somebody suspects it (safety.md 3.4).
///
/// A test is: what lbd knows about its links, a connection to ourselves over loopback, made and
/// accepted, and, if there are references, a connection to one of them.  A reference that refuses
/// has answered.  The whole has 500 ms.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/loop.hpp"

namespace lb::health {

class SelfTest {
public:
    /// What is wrong with the ways out of this host; empty: nothing.
    using Links = std::function<std::string()>;
    /// What is wrong with us; empty: nothing.
    using Done = std::function<void(const std::string& problem)>;

    static constexpr std::chrono::milliseconds kPeriod{2000};
    static constexpr std::chrono::milliseconds kDeadline{500};

    /// `links` may be empty.  The first test begins after kPeriod.
    SelfTest(Loop& loop, Links links, Done done);
    ~SelfTest();
    SelfTest(const SelfTest&) = delete;

    /// Of them one has to answer; none: they are not asked.
    void set_references(std::vector<Endpoint> references);
    /// At once.  One that runs is forgotten: it may have begun before the trouble.  `done` may be
    /// called before this returns.
    void run();

private:
    class Attempt;
    void begin(bool is_second);
    void conclude(const std::string& problem);

    Loop& loop_;
    Links links_;
    Done done_;
    std::vector<Endpoint> references_;
    std::shared_ptr<Attempt> attempt_;  // shared with its pending handlers
    Timer next_;
};

}  // namespace lb::health
