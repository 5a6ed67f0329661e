// SPDX-License-Identifier: Apache-2.0
/// A host of its own for a Dataplane: a network namespace with veth pairs whose far ends lie in a
/// neighbour's namespace, and a BPF file system in a temporary folder.
///
///     10.0.1.0/24, 2001:db8:1::/64   "near" here, "far" there: .1 is us, .2 and up are theirs
///     10.0.2.0/24, 2001:db8:2::/64   "near2", "far2", likewise
///     02:00:00:00:01:02, 02:00:00:00:02:02   the MAC addresses of far and far2
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "bpf/hash.h"
#include "dataplane/dataplane.hpp"
#include "support/test_run.hpp"

namespace lb::test {

inline constexpr Limits kFewLimits{8, 64, 2048, 16384};
inline constexpr Seed kTestSeed{1, 2, 3, 4, 5, 6, 7, 8};

/// Tables by hand: numbers, indexes and places as the test says.
struct TestTables : Tables {
    explicit TestTables(std::uint64_t number) { generation = number; }
    TestTables& backend(std::uint32_t index, const std::string& address,
                        ForwardMode forward = ForwardMode::ipip,
                        lb_backend_state state = LB_BACKEND_READY);
    /// The generation that gave the last backend its index; else 1.
    TestTables& born(std::uint32_t birth) {
        backends.back().birth = birth;
        return *this;
    }
    /// A backend that was there before and drains now.
    TestTables& leaves(std::uint32_t index, const std::string& address,
                       ForwardMode forward = ForwardMode::ipip);
    /// The slots name `backends` in turn.
    TestTables& vip(std::uint32_t number, const std::string& endpoint, std::uint32_t base,
                    std::uint32_t size, const std::vector<std::uint32_t>& backends);
};

VipKey tcp(const std::string& endpoint);
lb_flow flow_of(const std::string& source, const std::string& destination);

class DataplaneTest : public BpfTest {
protected:
    void load() override;
    void TearDown() override;

    /// A command that must succeed, here or at the neighbour's.
    void here(const std::string& command) const;
    void there(const std::string& command) const;

    std::string pins() const { return folder_ + "/lbd"; }
    std::string folder() const { return folder_; }
    /// The one Dataplane of the test; a second call lets go of the first, as a restart does.
    dataplane::Dataplane& open(const Limits& limits = kFewLimits);
    dataplane::Dataplane& plane() { return *plane_; }
    void close() { plane_.reset(); }
    Result<std::unique_ptr<dataplane::Dataplane>> try_open(const Limits& limits = kFewLimits,
                                                           const Seed& seed = kTestSeed);
    /// Publishes and waits until it has settled.
    void publish(const Tables& tables);
    /// One round over the flow table; waits until it has ended.
    FlowReport walk(const std::vector<std::uint32_t>& retire = {});
    FlowReport walk(const std::vector<std::uint32_t>& retire, FlowJudge judge);
    /// Runs the loop until `condition`; false after ten seconds.
    bool eventually(const std::function<bool()>& condition,
                    std::chrono::milliseconds patience = std::chrono::seconds{10});
    bool has_next_hop(std::uint32_t backend, const std::string& text,
                      std::chrono::milliseconds patience = std::chrono::seconds{10});
    /// The program that runs on `interface`.
    Fd program_on(const std::string& interface);
    Fd pinned_map(const std::string& name) const;

private:
    Fd own_net_, own_mounts_;
    std::string folder_;
    int neighbour_ = -1;  // the process that keeps the neighbour's namespace
    std::unique_ptr<Loop> loop_;
    std::unique_ptr<dataplane::Dataplane> plane_;
};

}  // namespace lb::test
