// SPDX-License-Identifier: Apache-2.0
/// Of a pool of n of which k change, new flows move by k/n and two points at most.
///
/// Random pools, and a random change of k of their backends.  What is compared is which backend new
/// flows of a slot go to, as the tables say it.  Maglev's permutations are as good as random: in
/// one change of 1000 that adds or removes backends two of them run side by side, and up to 4.6
/// points were seen, of 20 000.  (The flows that live already: tests/bpf/disruption_test.cpp.)
#include <set>

#include <gtest/gtest.h>

#include "plan/tables.hpp"
#include "support/random.hpp"

namespace lb::plan {
namespace {

constexpr std::uint32_t kSlots = 16381;  // the default
constexpr double kPoints = 0.02, kMostPoints = 0.06;
constexpr int kExceptions = 2;  // among kPools, of which most runs have none
constexpr int kPools = 100;

enum class Kind { removed, added, replaced, drained, dead, count };

struct World {
    explicit World(std::mt19937_64& dice) {
        for (auto& byte : seed)
            byte = static_cast<std::uint8_t>(dice());
        auto& vip = spec.vips["shop"];
        vip.address = *Address::parse("192.0.2.10");
        vip.ports.first = vip.ports.last = 80;
        vip.pool = "web";
        vip.slots = kSlots;
        layout.limits = {4, 256, 100'000};
    }
    void add(int i) {
        const auto name = "web-" + std::to_string(i);
        spec.pools["web"].backends[name].address =
            *Address::parse("10.0.0." + std::to_string(i + 1));
        verdicts[name] = HealthVerdict::up;
    }
    /// The address that new flows of each slot go to.
    std::vector<Address> publish() {
        const auto& pool = spec.pools.at("web");
        Standings standings;
        for (const auto& front : fronts(spec, "web")) {
            HealthView health;
            for (const auto& [name, verdict] : verdicts) {
                health[{front, name}].verdict = verdict;
                health[{front, name}].state = state_of(verdict);
            }
            standings[front] = stand(front, pool, health, {}, {}, 1);
        }
        Homes homes{seed};
        const auto planned =
            tables(spec, homes, standings, layout, {++layout.generation, 1'000'000'000});
        EXPECT_TRUE(planned);
        if (!planned) return {};
        remember(*planned);
        std::map<std::uint32_t, Address> by_index;
        for (const auto& backend : planned->backends)
            by_index[backend.index] = pool.backends.at(backend.target.backend).address;
        std::vector<Address> found;
        for (const auto word : planned->vips.at(0).slots)
            found.push_back(by_index.at(slot_backend(word)));
        return found;
    }

    Spec spec;
    std::map<std::string, HealthVerdict> verdicts;

private:
    /// What is published lies there from now on.
    void remember(const Tables& planned) {
        const auto& vip = planned.vips.at(0);
        layout.vips[vip.key] = {vip.number, vip.base, vip.size, vip.slots, vip.moving_since};
        for (const auto& its : planned.backends)
            layout.backends[its.identity] = {its.index, its.birth,       its.health,
                                             its.state, its.drain_until, its.drain_timeout};
    }

    Seed seed{};
    Layout layout;
};

/// What a change is about.
struct Altered {
    double share = 0;           ///< of new flows, that have to move
    std::set<Address> touched;  ///< backends that are new, gone, or may have none any more
};

/// Changes backends 0 to k-1 of n.
Altered alter(World& world, Kind kind, int k, int n) {
    Altered found{static_cast<double>(k) / (kind == Kind::added ? n + k : n), {}};
    auto& backends = world.spec.pools.at("web").backends;
    for (int i = 0; i < k; ++i) {
        const auto name = "web-" + std::to_string(kind == Kind::added ? n + i : i);
        if (kind == Kind::added) world.add(n + i);
        auto& backend = backends.at(name);
        found.touched.insert(backend.address);
        if (kind == Kind::drained) backend.state = AdminState::drain;
        if (kind == Kind::dead) world.verdicts.at(name) = HealthVerdict::down;
        if (kind == Kind::replaced)
            backend.address = *Address::parse("10.0.1." + std::to_string(i + 1));
        found.touched.insert(backend.address);
        if (kind == Kind::removed) backends.erase(name);
    }
    return found;
}

struct Moved {
    double all = 0;  ///< slots whose new flows go to another backend
    double between_others = 0;
};

Moved moved(const std::vector<Address>& before, const std::vector<Address>& after,
            const std::set<Address>& touched) {
    Moved found;
    for (std::size_t slot = 0; slot < kSlots; ++slot) {
        if (before.at(slot) == after.at(slot)) continue;
        ++found.all;
        found.between_others +=
            !touched.contains(before.at(slot)) && !touched.contains(after.at(slot));
    }
    return found;
}

/// INV-10.
TEST(Disruption, MovesNewFlowsByTheShareOfWhatChangedAndTwoPoints) {
    auto dice = test::seeded_random();
    double most = 0;
    int over = 0;
    for (int i = 0; i < kPools; ++i) {
        World world{dice};
        const int n = static_cast<int>(2 + dice() % 39);
        const int k = 1 + static_cast<int>(dice() % static_cast<unsigned>(n - 1));
        const auto kind = static_cast<Kind>(i % static_cast<int>(Kind::count));
        for (int each = 0; each < n; ++each)
            world.add(each);
        const auto before = world.publish();
        const auto altered = alter(world, kind, k, n);
        const auto is = moved(before, world.publish(), altered.touched);
        const auto which = testing::Message() << "pool " << i << ", kind " << static_cast<int>(kind)
                                              << ", " << k << " of " << n;
        const bool keeps_names = kind != Kind::removed && kind != Kind::added;
        const double more = std::max(is.all / kSlots - altered.share, is.between_others / kSlots);
        EXPECT_LE(more, keeps_names ? kPoints : kMostPoints) << which;
        EXPECT_TRUE(!keeps_names || is.between_others == 0) << which;
        EXPECT_GT(is.all / kSlots, altered.share - kPoints) << which;
        over += more > kPoints;
        most = std::max(most, more);
    }
    EXPECT_LE(over, kExceptions);
    std::printf("%.2f points at most\n", 100 * most);
}

}  // namespace
}  // namespace lb::plan
