// SPDX-License-Identifier: Apache-2.0
/// No change takes more healthy backends from a vip than its pool allows, unless somebody
/// accepts exactly that.
///
/// Random running configurations, candidates and verdicts.  A model that counts by address, and
/// knows neither fronts nor standings, says what each vip has before and after; whatever guard()
/// lets pass must leave enough.
#include <cmath>

#include <gtest/gtest.h>

#include "change/outlook.hpp"
#include "change/pipeline.hpp"
#include "support/random.hpp"

namespace lb::change {
namespace {

constexpr int kTriples = 10'000;

// --------------------------------------------------------------------------------- what is random

class World {
public:
    explicit World(std::mt19937_64& dice) : dice_{dice} {
        for (int i = 1; i <= 12; ++i)
            up_[address(i)] = !one_in(3), fails_[address(i)] = one_in(4);
        for (const auto* name : {"web", "api"})
            before.pools[name] = pool();
        before.vips["one"] = vip("192.0.2.1", one_in(2) ? "web" : "api");
        before.vips["two"] = vip("192.0.2.2", "web");
        after = before;
        for (auto steps = 1 + dice_() % 3; steps > 0; --steps)
            alter();
    }

    HealthView health(const Spec& spec) const {
        HealthView health;
        for (const auto& target : targets(spec)) {
            const auto& backend = spec.pools.at(target.front.pool).backends.at(target.backend);
            auto& its = health[target];
            its.verdict = up_.at(backend.address) ? HealthVerdict::up : HealthVerdict::down;
            its.state = state_of(its.verdict);
        }
        return health;
    }
    std::vector<PreflightView> preflight() const {
        std::vector<PreflightView> found;
        for (const auto& target : targets(after)) {
            const auto& pool = after.pools.at(target.front.pool);
            if (!is_asked_anew(pool)) continue;
            CheckResult result;
            result.outcome =
                fails_.at(pool.backends.at(target.backend).address) ? Outcome::fail : Outcome::pass;
            found.push_back({target.id(), target.front.via, HealthState::up, 1, result});
        }
        return found;
    }
    plan::Standings standings(const Spec& spec, const HealthView& health) const {
        plan::Standings found;
        for (const auto& [name, pool] : spec.pools)
            for (const auto& front : fronts(spec, name))
                found[front] = plan::stand(front, pool, health, {}, {}, 1);
        return found;
    }
    /// With the check that it has in that pool.
    bool is_up(const Pool& pool, const BackendSpec& backend) const {
        return up_.at(backend.address) && !(is_asked_anew(pool) && fails_.at(backend.address));
    }

    Spec before, after;

private:
    static bool is_asked_anew(const Pool& pool) { return pool.check->path == "/new"; }
    bool one_in(unsigned n) { return dice_() % n == 0; }
    static Address address(int i) { return *Address::parse("10.0.0." + std::to_string(i)); }

    BackendSpec backend() {
        BackendSpec backend;
        backend.address = address(static_cast<int>(1 + dice_() % 12));
        if (one_in(10)) backend.weight = 0;
        backend.backup = one_in(8);
        if (one_in(8)) backend.state = one_in(2) ? AdminState::drain : AdminState::maint;
        return backend;
    }
    Floor floor() {
        if (one_in(2)) return {static_cast<int>(1 + dice_() % 4), false};
        return {static_cast<int>(dice_() % 101), true};
    }
    Pool pool() {
        Pool pool;
        pool.check.emplace().via = one_in(3) ? CheckVia::direct : CheckVia::vip;
        pool.min_healthy = floor();
        pool.change_floor_percent = static_cast<int>(dice_() % 101);
        if (one_in(3)) pool.all_down = AllDown::fail_closed;
        for (auto left = 1 + dice_() % 8; left > 0; --left)
            pool.backends["b" + std::to_string(dice_() % 10)] = backend();
        return pool;
    }
    static Vip vip(const char* address, const char* pool) {
        Vip vip;
        vip.address = *Address::parse(address);
        vip.ports.first = vip.ports.last = 80;
        vip.pool = pool;
        return vip;
    }
    void alter() {
        auto& pool = after.pools.at(one_in(2) ? "web" : "api");
        auto& its =
            std::next(pool.backends.begin(), static_cast<int>(dice_() % pool.backends.size()))
                ->second;
        switch (dice_() % 9) {
            case 0:
                if (pool.backends.size() > 1) pool.backends.erase(pool.backends.begin());
                break;
            case 1:
                pool.backends["new"] = backend();
                break;
            case 2:
                its.address = backend().address;
                break;
            case 3:
                its = backend();
                break;
            case 4:
                pool.min_healthy = floor();
                break;
            case 5:
                pool.change_floor_percent = static_cast<int>(dice_() % 101);
                break;
            case 6:
                pool.all_down = one_in(2) ? AllDown::fail_open : AllDown::fail_closed;
                break;
            case 7:
                pool.check->path = "/new";
                break;
            default:
                after.vips.at("one").pool = one_in(2) ? "web" : "api";
        }
    }

    std::mt19937_64& dice_;
    std::map<Address, bool> up_, fails_;
};

// --------------------------------------------------------------------------------------- the model

/// A vip, counted by hand.
struct Count {
    int healthy = 0;   ///< up, ready and with a weight; backups only if the others are too few
    int wanted = 1;    ///< min_healthy
    int eligible = 0;  ///< of the healthy ones; none where too few means none at all
    bool is_short() const { return healthy < wanted; }
};

Count count(const World& world, const Spec& spec, const std::string& vip) {
    const auto& pool = spec.pools.at(spec.vips.at(vip).pool);
    int firsts = 0, backups = 0, ready = 0;
    for (const auto& [name, backend] : pool.backends) {
        if (backend.state != AdminState::ready) continue;
        ready += !backend.backup;
        if (world.is_up(pool, backend) && backend.weight > 0) ++(backend.backup ? backups : firsts);
    }
    Count found;
    const auto& floor = pool.min_healthy;
    found.wanted =
        floor.is_percent ? static_cast<int>(std::ceil(ready * floor.value / 100.0)) : floor.value;
    found.wanted = std::max(found.wanted, 1);
    found.healthy = firsts < found.wanted ? firsts + backups : firsts;
    const bool is_closed = pool.all_down == AllDown::fail_closed && found.is_short();
    found.eligible = is_closed ? 0 : found.healthy;
    return found;
}

/// The min_healthy of before, of those who are ready afterwards.
int wanted_before(const World& world, const std::string& vip) {
    const auto& floor = world.before.pools.at(world.before.vips.at(vip).pool).min_healthy;
    if (!floor.is_percent) return floor.value;
    int ready = 0;
    for (const auto& [name, backend] : world.after.pools.at(world.after.vips.at(vip).pool).backends)
        ready += backend.state == AdminState::ready && !backend.backup;
    return static_cast<int>(std::ceil(ready * floor.value / 100.0));
}

/// What the rule's page says: max(min_healthy, change_floor of now), unless there were too few
/// before and the change takes nobody away.
bool is_enough(const World& world, const std::string& vip) {
    const auto was = count(world, world.before, vip), is = count(world, world.after, vip);
    const auto share =
        world.before.pools.at(world.before.vips.at(vip).pool).change_floor_percent / 100.0;
    const int left = static_cast<int>(std::ceil(was.eligible * share));
    if (is.eligible >= std::max({is.wanted, wanted_before(world, vip), left})) return true;
    return is.eligible >= was.eligible && (was.is_short() || !is.is_short());
}

checklist::Change change_of(const World& world) {
    const auto inherited = world.health(world.after);
    const auto preflight = world.preflight();
    const auto then = world.standings(world.after, foreseen(inherited, preflight));
    const auto now = world.standings(world.before, world.health(world.before));
    checklist::Change change{world.before, world.after, 7,
                             outlook(world.before, now, world.after, then)};
    change.preflight = preflight;
    change.inherited = inherited;
    return change;
}

/// Of that the new check fails; that fewer are left is another matter.
std::vector<std::string> accepts(const checklist::Change& change) {
    std::vector<std::string> found;
    for (const auto& finding : checklist::review(change))
        if (finding.rule == "LB704")
            found.push_back(finding.object == "pool \"web\"" ? "LB704:web" : "LB704:api");
    return found;
}

// ---------------------------------------------------------------------------------------- the test

/// INV-5.
TEST(Floor, HoldsForWhateverIsLetPass) {
    auto dice = test::seeded_random();
    int passed = 0, refused = 0, by_floor = 0;
    for (int i = 0; i < kTriples; ++i) {
        const World world{dice};
        const auto change = change_of(world);
        const auto guarded = guard(change, accepts(change), "they are mended later");
        if (const auto* refusal = std::get_if<Refusal>(&guarded)) {
            ++refused;
            for (const auto& finding : refusal->findings) {
                if (finding.rule != "LB703") continue;
                ++by_floor;
                const auto vip = finding.object == "vip \"one\"" ? "one" : "two";
                const auto is = count(world, world.after, vip);
                const auto was = count(world, world.before, vip);
                ASSERT_TRUE(is.healthy < was.healthy || is.is_short())
                    << "triple " << i << ": refused for nothing: " << finding.message;
            }
            continue;
        }
        ++passed;
        for (const auto* vip : {"one", "two"}) {
            const auto was = count(world, world.before, vip), is = count(world, world.after, vip);
            ASSERT_TRUE(is_enough(world, vip))
                << "triple " << i << ", vip " << vip << ": healthy " << was.healthy << " of "
                << was.wanted << " -> " << is.healthy << " of " << is.wanted << ", eligible "
                << was.eligible << " -> " << is.eligible;
        }
    }
    std::printf("%d passed, %d refused, %d vips by their floor\n", passed, refused, by_floor);
    EXPECT_GT(passed, kTriples / 5);
    EXPECT_GT(by_floor, kTriples / 10);
}

}  // namespace
}  // namespace lb::change
