// SPDX-License-Identifier: Apache-2.0
/// Whatever a change does to pools, vips and backends, no check is lost or weakened for
/// somebody who had it, unless somebody accepts that; and R1 sees the loss if no rule has.
///
/// Random pairs of configurations that differ in everything but the text of checks: vips are led
/// elsewhere, renamed and cut into ranges, pools are renamed, backends are moved and copied.  A
/// model that knows no names says what was lost: it asks each port of each address who answers.
#include <gtest/gtest.h>

#include "change/pipeline.hpp"
#include "change/verification.hpp"
#include "support/random.hpp"

namespace lb::change {
namespace {

constexpr int kPairs = 10'000;
constexpr std::uint16_t kPorts = 6;
constexpr int kAddresses = 4;

// --------------------------------------------------------------------------------- what is random

Address vip_address(int i) {
    return *Address::parse("192.0.2." + std::to_string(i));
}

class Shuffle {
public:
    /// `only_names`: nobody loses anything; pools may share backends, and each has a vip.
    Shuffle(std::mt19937_64& dice, bool only_names) : dice_{dice} {
        for (int i = 0; i < 3; ++i)
            before.pools["p" + std::to_string(i)] = pool(i == 0, only_names ? 0 : 10 * i);
        for (int i = 1; i < kAddresses; ++i)
            add_vip(before, i,
                    only_names ? std::next(before.pools.begin(), i - 1)->first
                               : any_of(before.pools).first);
        after = before;
        for (auto steps = 1 + dice_() % 3; steps > 0; --steps)
            only_names ? rename() : alter();
    }

    Spec before, after;

private:
    bool one_in(unsigned n) { return dice_() % n == 0; }
    template <class Map>
    typename Map::value_type& any_of(Map& map) {
        return *std::next(map.begin(), static_cast<int>(dice_() % map.size()));
    }

    Check check() {
        Check check;
        check.port = 80;
        static constexpr CheckType kTypes[] = {CheckType::http, CheckType::tcp, CheckType::none};
        check.type = kTypes[dice_() % 3];
        return check;
    }
    Pool pool(bool is_checked, int first) {
        Pool pool;
        pool.check = check();
        if (is_checked) pool.check->type = CheckType::http;
        pool.change_floor_percent = 0;
        for (auto left = 1 + dice_() % 4; left > 0; --left)
            pool.backends["b" + std::to_string(dice_() % 6)].address = *Address::parse(
                "10.0.0." + std::to_string(first + 1 + static_cast<int>(dice_() % 8)));
        return pool;
    }
    void add_vip(Spec& spec, int address, const std::string& pool) {
        Vip vip;
        vip.address = vip_address(address);
        vip.ports.first = static_cast<std::uint16_t>(1 + dice_() % kPorts);
        vip.ports.last =
            static_cast<std::uint16_t>(vip.ports.first + dice_() % (kPorts + 1u - vip.ports.first));
        vip.pool = pool;
        spec.vips["v" + std::to_string(next_++)] = vip;
    }
    void rename() {
        const auto name = "q" + std::to_string(next_++);
        if (one_in(2)) {
            auto vip = after.vips.extract(any_of(after.vips).first);
            vip.key() = name;
            after.vips.insert(std::move(vip));
            return;
        }
        const auto was = any_of(after.pools).first;
        auto pool = after.pools.extract(was);
        pool.key() = name;
        after.pools.insert(std::move(pool));
        for (auto& [vip, its] : after.vips)
            if (its.pool == was) its.pool = name;
    }
    /// One vip becomes two, which share its ports.
    void cut() {
        auto& [name, vip] = any_of(after.vips);
        if (vip.ports.is_single()) return;
        auto rest = vip;
        vip.ports.last = vip.ports.first;
        ++rest.ports.first;
        rest.pool = any_of(after.pools).first;
        after.vips["v" + std::to_string(next_++)] = rest;
    }
    void move_backend() {
        auto& from = any_of(after.pools).second.backends;
        auto& to = any_of(after.pools).second.backends;
        if (from.empty()) return;
        const auto [name, backend] = any_of(from);
        if (!one_in(3)) from.erase(name);
        to["c" + std::to_string(next_++)] = backend;
    }
    void alter() {
        switch (dice_() % 6) {
            case 0:
                return cut();
            case 1:
                return move_backend();
            case 2:
                after.pools["n" + std::to_string(next_++)] = pool(false, 40);
                return;
            case 3:
                return rename();
            default:
                any_of(after.vips).second.pool = any_of(after.pools).first;
        }
    }

    std::mt19937_64& dice_;
    int next_ = 0;
};

// --------------------------------------------------------------------------------------- the model

int strength(const Pool& pool) {
    if (pool.check->is_none()) return 0;
    return pool.check->type == CheckType::tcp ? 1 : 2;
}

/// How well whoever answers there is checked; nothing: nobody answers.
std::optional<int> answering(const Spec& spec, const Address& address, std::uint16_t port) {
    for (const auto& [name, vip] : spec.vips)
        if (vip.address == address && vip.ports.meets({port, port}))
            return strength(spec.pools.at(vip.pool));
    return {};
}

/// How well a backend's address is checked, in the best of its pools; nothing: it is in none.
std::optional<int> best_of(const Spec& spec, const Address& address) {
    std::optional<int> best;
    for (const auto& [name, pool] : spec.pools)
        for (const auto& [backend, its] : pool.backends)
            if (its.address == address) best = std::max(best.value_or(0), strength(pool));
    return best;
}

struct Lost {
    bool all = false;   ///< somebody who was checked is not any more
    bool some = false;  ///< ... or less strictly
    bool seen = false;  ///< by a client of a vip
};

Lost lost(const Shuffle& world) {
    Lost found;
    const auto note = [&](std::optional<int> was, std::optional<int> is, bool by_client) {
        if (!was || !is || *is >= *was) return;
        (*is == 0 ? found.all : found.some) = true;
        found.seen |= by_client && *is == 0;
    };
    for (int i = 1; i < kAddresses; ++i)
        for (std::uint16_t port = 1; port <= kPorts; ++port)
            note(answering(world.before, vip_address(i), port),
                 answering(world.after, vip_address(i), port), true);
    for (const auto& [name, pool] : world.before.pools)
        for (const auto& [backend, its] : pool.backends)
            note(best_of(world.before, its.address), best_of(world.after, its.address), false);
    return found;
}

// ------------------------------------------------------------------------------------ who sees it

std::set<std::string> refused_by(const Shuffle& world) {
    checklist::Change change{world.before, world.after, 7};
    std::set<std::string> rules;
    const auto guarded = guard(change, {}, "");
    if (const auto* refusal = std::get_if<Refusal>(&guarded))
        for (const auto& finding : refusal->findings)
            rules.insert(finding.rule);
    return rules;
}

/// As if no rule had looked at it.
bool is_found_by_r1(const Shuffle& world) {
    const auto view = [](const Spec& spec) {
        std::pair<HealthView, plan::Standings> found;
        for (const auto& target : targets(spec))
            found.first[target].verdict = HealthVerdict::up;
        for (const auto& [name, pool] : spec.pools)
            for (const auto& front : fronts(spec, name))
                found.second[front];
        return found;
    };
    const auto [before, was] = view(world.before);
    const auto [after, is] = view(world.after);
    const Time now = Time{} + std::chrono::hours{1};
    const Vitals vitals{world.after, after, is};
    const Verification verification{
        {affected_vips(config::diff(world.before, world.after), world.after), {}, {}},
        {world.before, before, was},
        vitals,
        {},
        now};
    const auto found = verification.look(vitals, now);
    return found && found->id == "R1";
}

// ---------------------------------------------------------------------------------------- the
// tests

/// INV-2.
TEST(LostChecks, AreRefusedWhereverTheyGo) {
    auto dice = test::seeded_random();
    int all = 0, some = 0, seen = 0, quiet = 0;
    for (int i = 0; i < kPairs; ++i) {
        const Shuffle world{dice, false};
        const auto what = lost(world);
        const auto rules = refused_by(world);
        all += what.all, some += what.some, seen += what.seen;
        ASSERT_TRUE(!what.all || rules.contains("LB701")) << "pair " << i;
        ASSERT_TRUE(!what.some || rules.contains("LB702") || rules.contains("LB701"))
            << "pair " << i;
        ASSERT_TRUE(!what.seen || is_found_by_r1(world)) << "pair " << i;
        quiet += rules.empty();
    }
    std::printf("%d lost (%d by a vip), %d weakened, %d not refused\n", all, seen, some, quiet);
    EXPECT_GT(seen, kPairs / 20);
    EXPECT_GT(some, kPairs / 20);
    EXPECT_GT(quiet, kPairs / 5);
}

TEST(LostChecks, AreNotFoundInNewNames) {
    auto dice = test::seeded_random();
    for (int i = 0; i < kPairs / 10; ++i) {
        const Shuffle world{dice, true};
        const auto rules = refused_by(world);
        ASSERT_FALSE(rules.contains("LB701") || rules.contains("LB702")) << "pair " << i;
    }
}

}  // namespace
}  // namespace lb::change
