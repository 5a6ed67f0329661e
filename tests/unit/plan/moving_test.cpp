// SPDX-License-Identifier: Apache-2.0
// The slot machine against flows that live on it: random histories of backends that come, go,
// drain, fail and return, of packets and of time, with the invariants of reliability.md 4.
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "plan/flows.hpp"
#include "plan/maglev.hpp"
#include "plan/slots.hpp"
#include "unit/plan/second.hpp"

namespace lb::plan {
namespace {

constexpr std::uint32_t kSize = 127;
constexpr std::uint32_t kBackends = 6;
constexpr Nanoseconds kWindow = 300 * kSecond;

/// A connection, as its client and its first backend know it.
struct Flow {
    std::uint32_t position = 0;
    std::uint32_t backend = LB_SLOT_NONE;  ///< that has its state
    Nanoseconds last = 0;
};

/// What the packet program remembers of a flow.
struct Entry {
    std::uint32_t index = 0;
    Nanoseconds seen = 0;
};

/// One vip, its flow table, and its clients.  The packet program is written down again here, from
/// the document, and shares no line with bpf/flows.h.
struct Clients {
    explicit Clients(std::uint32_t seed) : random{seed} {
        std::vector<Member> members;
        for (std::uint32_t i = 0; i < kBackends; ++i) {
            const auto name = "b" + std::to_string(i);
            members.push_back({name, 100});
            candidates.push_back({i, siphash(Seed{}, name), 100, true});
        }
        home = maglev(members, kSize, Seed{7});
        for (const auto backend : home)
            slots.push_back(stable_slot(backend));
        states.assign(kBackends, LB_BACKEND_READY);
        steer();
    }

    std::uint32_t pick(std::uint32_t count) { return static_cast<std::uint32_t>(random() % count); }

    Usable usable() const {
        Usable result;
        for (std::uint32_t i = 0; i < kBackends; ++i)
            result.set(i, states[i] != LB_BACKEND_OFF);
        return result;
    }
    bool can_be_used(std::uint32_t index) const {
        return index < kBackends && states[index] != LB_BACKEND_OFF;
    }
    std::vector<std::uint32_t> want() { return wanted(home, candidates, slots); }

    void steer() {
        for (std::uint32_t i = 0; i < kBackends; ++i)
            candidates[i].eligible = states[i] == LB_BACKEND_READY;
        const auto changes = moves(slots, want(), usable());
        for (const auto& [position, word] : changes.writes)
            slots[position] = word;
        if (changes.begin) since = now;
    }

    /// What the daemon does once in a while.
    void tick() {
        if (MoveWindow{kWindow, since, last_refusal}.is_over(now))
            for (auto& word : slots)
                word = settled(word);
        std::set<std::uint32_t> foreign;
        std::erase_if(entries, [&](const auto& found) {
            const auto& [flow, entry] = found;
            FlowSighting seen;
            seen.kind = LB_FLOW_ESTABLISHED;
            seen.index = entry.index;
            seen.birth = seen.current_birth = 1;
            seen.idle_seconds = static_cast<std::uint32_t>((now - entry.seen) / kSecond);
            seen.slot = slots[flows[flow].position];
            seen.state = states[entry.index];
            const auto fate = judge(seen);
            if (fate == FlowFate::foreign) foreign.insert(flows[flow].position);
            return fate == FlowFate::removed || fate == FlowFate::expired;
        });
        for (std::uint32_t i = 0; i < kSize; ++i)
            if (is_moving(slots[i]) && !holds_back(slots[i]) && !foreign.contains(i))
                slots[i] = stable_slot(slot_backend(slots[i]));
    }

    bool insert(std::size_t flow, std::uint32_t index) {
        if (!can_be_used(index)) return false;
        if (is_full || entries.size() >= capacity) {
            last_refusal = now;
            return false;
        }
        entries[flow] = {index, now};
        return true;
    }

    /// The backend that a packet of `flow` reaches.
    std::uint32_t packet(std::size_t flow, bool syn) {
        const auto word = slots[flows[flow].position];
        const auto cur = slot_backend(word);
        if (!is_moving(word)) return cur;
        if (const auto found = entries.find(flow); found != entries.end()) {
            auto& [index, seen] = found->second;
            if (!can_be_used(index)) {
                if (can_be_used(cur)) index = cur;
                return cur;
            }
            seen = now;
            return index;
        }
        const auto prev = slot_prev(word);
        if (prev == cur || !can_be_used(prev)) return cur;
        if (syn) return cur == LB_SLOT_NONE || insert(flow, cur) ? cur : prev;
        insert(flow, prev);
        return prev;
    }

    std::mt19937 random;
    std::vector<Candidate> candidates;
    std::vector<std::uint32_t> home;
    std::vector<std::uint64_t> slots;
    std::vector<lb_backend_state> states;
    std::vector<Flow> flows;
    std::map<std::size_t, Entry> entries;  // by flow
    Nanoseconds now = kSecond, since = 0, last_refusal = 0;
    std::size_t capacity = 1 << 20;
    bool is_full = false;
};

/// I1: every cur is eligible, or nobody is.
void every_slot_names_an_eligible_backend(const Clients& world) {
    const bool anybody = std::any_of(world.candidates.begin(), world.candidates.end(),
                                     [](const Candidate& each) { return each.eligible; });
    for (const auto word : world.slots) {
        const auto cur = slot_backend(word);
        if (anybody)
            ASSERT_TRUE(cur < kBackends && world.candidates[cur].eligible);
        else
            ASSERT_EQ(cur, LB_SLOT_NONE);
    }
}

/// I2: a slot at rest has no live entry of another backend.
void no_slot_rests_on_a_foreign_flow(const Clients& world) {
    for (const auto& [flow, entry] : world.entries) {
        const auto word = world.slots[world.flows[flow].position];
        if (!is_moving(word) && world.can_be_used(entry.index) &&
            (world.now - entry.seen) / kSecond <= 3600) {
            ASSERT_EQ(slot_backend(word), entry.index) << "flow " << flow;
        }
    }
}

/// I4: a flow that sent within the window is where its state is, unless that backend is OFF.
void send(Clients& world, std::size_t flow) {
    auto& its = world.flows[flow];
    const auto got = world.packet(flow, false);
    const bool spoke = world.now - its.last < kWindow;
    if (world.can_be_used(its.backend) && spoke) {
        ASSERT_EQ(got, its.backend) << "flow " << flow;
    }
    its.backend = got;  // if it broke, its client began again
    its.last = world.now;
}

void open_flow(Clients& world) {
    const Flow fresh{world.pick(kSize), LB_SLOT_NONE, world.now};
    world.flows.push_back(fresh);
    const auto flow = world.flows.size() - 1;
    const auto word = world.slots[fresh.position];
    const auto got = world.packet(flow, true);
    // I6: a new flow is on the slot's backend only if it is remembered, as long as prev is there.
    if (holds_back(word) && world.can_be_used(slot_prev(word)) && got != LB_SLOT_NONE &&
        got == slot_backend(word)) {
        ASSERT_TRUE(world.entries.contains(flow));
    }
    world.flows.back().backend = got;
}

void change_a_backend(Clients& world) {
    static constexpr lb_backend_state kStates[] = {LB_BACKEND_READY, LB_BACKEND_READY,
                                                   LB_BACKEND_DRAIN, LB_BACKEND_OFF};
    const auto which = world.pick(kBackends);
    world.states[which] = kStates[world.pick(4)];
    // A backend that was OFF has lost its connections.
    if (world.states[which] == LB_BACKEND_OFF)
        for (auto& flow : world.flows)
            if (flow.backend == which) flow.backend = LB_SLOT_NONE;
    world.steer();
}

void step(Clients& world) {
    world.now += world.pick(4) == 0 ? world.pick(200) * kSecond : kSecond / 10;
    switch (world.pick(8)) {
        case 0:
            return change_a_backend(world);
        case 1:
            return world.tick();
        case 2:
        case 3:
            return open_flow(world);
        case 4:
            world.is_full = world.pick(4) == 0;
            return;
        default:
            for (int i = 0; i < 4 && !world.flows.empty(); ++i)
                send(world, world.pick(static_cast<std::uint32_t>(world.flows.size())));
    }
}

/// INV-9.
TEST(MovingSlots, KeepTheInvariantsInAnyHistory) {
    const auto first = std::random_device{}();
    for (std::uint32_t seed = first; seed < first + 400; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Clients world{seed};
        for (int i = 0; i < 300; ++i) {
            step(world);
            if (HasFatalFailure()) return;
            every_slot_names_an_eligible_backend(world);
            no_slot_rests_on_a_foreign_flow(world);
            if (HasFatalFailure()) return;
        }
    }
}

/// Time enough for every window and every flow to end.
void let_it_settle(Clients& world) {
    world.is_full = false;
    world.now += 2 * 3600 * kSecond;
    world.tick();
    world.now += 2 * 3600 * kSecond;
    world.tick();
    world.tick();
}

// I5 and I7: what is settled depends on who is eligible, not on how it came to be.
TEST(MovingSlots, SettleIntoTheSameTableWhateverTheHistory) {
    const auto first = std::random_device{}();
    for (std::uint32_t seed = first; seed < first + 100; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Clients world{seed};
        for (int i = 0; i < 100; ++i)
            step(world);
        let_it_settle(world);
        std::vector<std::uint64_t> expected;
        for (const auto backend : wanted(world.home, world.candidates, {}))
            expected.push_back(stable_slot(backend));
        ASSERT_EQ(world.slots, expected);
    }
}

TEST(MovingSlots, AFlapInsideTheWindowMovesNobody) {
    Clients world{1};
    for (int i = 0; i < 500; ++i)
        open_flow(world);
    world.states[2] = LB_BACKEND_DRAIN;
    world.steer();
    for (std::size_t flow = 0; flow < 250; ++flow)
        send(world, flow);
    world.states[2] = LB_BACKEND_READY;
    world.steer();
    for (std::size_t flow = 0; flow < 500; ++flow)
        send(world, flow);
    for (const auto word : world.slots)
        ASSERT_FALSE(holds_back(word));
}

TEST(MovingSlots, AFullTableDelaysTheMoveAndBreaksNothing) {
    Clients world{1};
    for (int i = 0; i < 300; ++i)
        open_flow(world);
    world.is_full = true;
    world.states[0] = LB_BACKEND_DRAIN;
    world.steer();
    for (int i = 0; i < 100; ++i)
        open_flow(world);
    for (int second = 0; second < 500; ++second) {
        world.now += kSecond;
        for (std::size_t flow = 0; flow < world.flows.size(); ++flow)
            send(world, flow);
        world.tick();
        if (HasFatalFailure()) return;
    }
    EXPECT_TRUE(world.entries.empty());
}

// ----------------------------------------------------------------------------- single transitions

const Usable kAll{{true, true, true}};

TEST(Retarget, LeavesASlotThatHasWhatItWants) {
    EXPECT_EQ(retarget(stable_slot(1), 1, kAll), stable_slot(1));
    EXPECT_EQ(retarget(moving_slot(1, 2), 1, kAll), moving_slot(1, 2));
}

TEST(Retarget, MovesFromABackendThatKeepsItsFlows) {
    EXPECT_EQ(retarget(stable_slot(1), 2, kAll), moving_slot(2, 1));
}

TEST(Retarget, JumpsFromABackendThatIsGone) {
    EXPECT_EQ(retarget(stable_slot(1), 2, Usable{{true, false, true}}), stable_slot(2));
    EXPECT_EQ(retarget(stable_slot(LB_SLOT_NONE), 2, kAll), stable_slot(2));
}

TEST(Retarget, KeepsTheFirstOwnerThroughASecondMove) {
    EXPECT_EQ(retarget(moving_slot(1, 0), 2, kAll), moving_slot(2, 0));
}

TEST(Retarget, SettlesWhenItFlapsBack) {
    EXPECT_EQ(retarget(moving_slot(1, 0), 0, kAll), moving_slot(0, 0));
}

TEST(Retarget, ForgetsAFirstOwnerThatIsGone) {
    EXPECT_EQ(retarget(moving_slot(1, 0), 1, Usable{{false, true, true}}), moving_slot(1, 1));
    EXPECT_EQ(retarget(moving_slot(1, 0), 2, Usable{{false, true, true}}), moving_slot(2, 1));
    EXPECT_EQ(retarget(moving_slot(1, 0), 2, Usable{{false, false, true}}), moving_slot(2, 2));
}

TEST(Retarget, DropsNewFlowsAndKeepsOldOnesWhenNobodyIsEligible) {
    EXPECT_EQ(retarget(stable_slot(1), LB_SLOT_NONE, kAll), moving_slot(LB_SLOT_NONE, 1));
}

TEST(Moves, BeginAWindowOnlyWhenASlotBeginsToHoldBack) {
    const std::vector<std::uint64_t> at_rest{stable_slot(0)}, moving{moving_slot(1, 0)};
    EXPECT_TRUE(moves(at_rest, std::vector<std::uint32_t>{1}, kAll).begin);
    EXPECT_FALSE(moves(moving, std::vector<std::uint32_t>{2}, kAll).begin);
    EXPECT_FALSE(moves(moving, std::vector<std::uint32_t>{0}, kAll).begin);
}

}  // namespace
}  // namespace lb::plan
