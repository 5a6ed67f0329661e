// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dataplane.hpp"

#include <algorithm>
#include <ctime>

#include "dataplane/apply.hpp"
#include "dataplane/capture.hpp"
#include "dataplane/compare.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/flows.hpp"
#include "dataplane/grace.hpp"
#include "dataplane/links.hpp"
#include "dataplane/loader.hpp"
#include "dataplane/neighbours.hpp"
#include "dataplane/pins.hpp"
#include "dataplane/probes.hpp"
#include "dataplane/view.hpp"
#include "explain/explain.hpp"
#include "model/classify.hpp"

namespace lb::dataplane {

/// What a Dataplane is made of.  Later members use earlier ones.
class Dataplane::Inside {
public:
    Inside(Loop& loop, Pins opened, Loaded object, std::unique_ptr<Grace> its_grace)
        : pins{std::move(opened)},
          loaded{std::move(object)},
          links{pins, loaded.program},
          grace{std::move(its_grace)},
          beat{loop},
          walker{loop} {}

    void heartbeat() {
        timespec now{};
        clock_gettime(CLOCK_BOOTTIME, &now);
        constexpr std::uint64_t kNanoseconds = 1'000'000'000;
        store(loaded.maps.meta[0].heartbeat, static_cast<std::uint64_t>(now.tv_sec) * kNanoseconds +
                                                 static_cast<std::uint64_t>(now.tv_nsec));
        beat.in(std::chrono::seconds{1}, [this] { heartbeat(); });
    }

    Pins pins;
    Loaded loaded;
    Links links;
    std::unique_ptr<Grace> grace;
    std::unique_ptr<Neighbours> neighbours;
    std::unique_ptr<Probes> probes;
    std::unique_ptr<Capture> capture;
    Layout layout;
    bool settled = true;
    int flow_fill = 0;  ///< percent, as the last walk found it
    Timer beat;
    Worker walker;  // last: its job looks at the maps
};

Dataplane::Dataplane(std::unique_ptr<Inside> inside) : inside_{std::move(inside)} {}
Dataplane::~Dataplane() {
    (void)end_capture().has_value();  // the program ends a capture by itself, too
}

Result<std::unique_ptr<Dataplane>> Dataplane::open(Loop& loop, const Options& options) {
    auto pins = Pins::open(options.pins);
    if (!pins) return pins.error().in("open the pins");
    auto loaded = load(*pins, options.limits, options.seed);
    if (!loaded) return loaded.error();
    auto grace = Grace::create(loop);
    if (!grace) return grace.error();
    // The lbd before us may have flipped a vip a moment ago: its idle half is free from here on.
    if (const auto waited = (*grace)->wait(); !waited) return waited.error();

    auto inside =
        std::make_unique<Inside>(loop, std::move(*pins), std::move(*loaded), std::move(*grace));
    auto layout = read_layout(inside->loaded.maps, options.limits);
    if (!layout) return layout.error();
    inside->layout = std::move(*layout);
    auto neighbours = Neighbours::open(loop, *inside->grace, inside->loaded.maps,
                                       [links = &inside->links] { links->follow(); });
    if (!neighbours) return neighbours.error().in("follow the next hops");
    inside->neighbours = std::move(*neighbours);
    auto probes = Probes::open(inside->pins, inside->loaded);
    if (!probes) return probes.error();
    inside->probes = std::move(*probes);
    inside->heartbeat();
    return std::unique_ptr<Dataplane>{new Dataplane{std::move(inside)}};
}

const Layout& Dataplane::layout() const {
    return inside_->layout;
}

Result<> Dataplane::attach(const std::vector<std::string>& interfaces) {
    return inside_->links.attach(interfaces);
}

Result<> Dataplane::detach_all() {
    if (const auto done = inside_->links.detach_all(); !done) return done.error();
    if (const auto done = inside_->probes->detach_all(); !done) return done.error();
    return inside_->pins.remove_all();
}

void Dataplane::set_sources(std::optional<Address> v4, std::optional<Address> v6) {
    inside_->neighbours->set_sources(v4, v6);
}

// --------------------------------------------------------------------------------------- writing

Result<> Dataplane::publish(const Tables& tables, Callback settled) {
    auto& in = *inside_;
    const auto doing = "publish generation " + std::to_string(tables.generation);
    if (!in.settled) return Error{doing + ": the one before has not settled yet; try again"};
    Apply apply{in.loaded.maps, in.layout, *in.neighbours, tables};
    const auto done = apply.run();
    if (!done && !apply.has_written()) return done.error().in(doing);
    in.settled = false;
    // After an error, too: packets may have seen what was undone.
    in.grace->after([this, retired = apply.retired(), settled, was_done = done.has_value()] {
        bury(inside_->loaded.maps, inside_->layout, *inside_->neighbours, retired);
        inside_->settled = true;
        if (was_done && settled) settled();
    });
    if (!done) return done.error().in(doing);
    return {};
}

Result<std::vector<std::string>> Dataplane::differences(const Tables& tables) const {
    return dataplane::differences(inside_->loaded.maps, tables, *inside_->neighbours);
}

bool Dataplane::settled() const {
    return inside_->settled;
}

/// Nobody, if somebody has been at the map: differences() will tell.
Layout::Backend* Dataplane::known_as(std::uint64_t identity) {
    const auto found = inside_->layout.backends.find(identity);
    return found == inside_->layout.backends.end() ? nullptr : &found->second;
}

void Dataplane::set_state(std::uint32_t index, lb_backend_state state, Nanoseconds drain_until) {
    auto& backend = inside_->loaded.maps.backends[index];
    store(backend.drain_until, drain_until);
    store(backend.word, with_state(backend.word, state));
    if (auto* known = known_as(backend.identity)) {
        known->state = state;
        known->drain_until = drain_until;
    }
}

void Dataplane::set_health(std::uint32_t index, HealthVerdict health) {
    auto& backend = inside_->loaded.maps.backends[index];
    store(backend.health, static_cast<std::uint64_t>(health));
    if (auto* known = known_as(backend.identity)) known->health = health;
}

void Dataplane::set_witness(std::uint32_t index, WitnessRate rate) {
    store(inside_->loaded.maps.backends[index].witness,
          rate.looks | std::uint64_t{rate.begins} << LB_WITNESS_BEGIN_SHIFT);
}

void Dataplane::steer(const VipKey& vip, const std::vector<SlotWrite>& writes,
                      Nanoseconds moving_since) {
    auto& maps = inside_->loaded.maps;
    auto& known = inside_->layout.vips.at(vip);
    known.moving_since = moving_since;
    store(maps.vips[known.number].moving_since, moving_since);
    const auto first = VipWord::of(maps.vips[known.number].word).active();
    for (const auto& [position, word] : writes) {
        known.slots.at(position) = word;
        store(maps.slots[first + position], word);
    }
}

void Dataplane::walk_flows(const std::vector<std::uint32_t>& retire, FlowJudge judge,
                           std::function<void(const Result<FlowReport>&)> done) {
    auto& in = *inside_;
    for (const auto index : retire) {
        in.layout.retiring.insert(index);
        std::erase_if(in.layout.backends, [&](const auto& of) { return of.second.index == index; });
    }
    in.grace->after([this, judge = std::move(judge), done = std::move(done)] {
        auto& maps = inside_->loaded.maps;
        const auto& layout = inside_->layout;
        const std::vector<std::uint32_t> dead(layout.retiring.begin(), layout.retiring.end());
        for (const auto index : dead)
            store(maps.backends[index].word, 0);
        const auto report = std::make_shared<Result<FlowReport>>(FlowReport{});  // job and `then`
        WalkOptions options{ranges_of(layout), layout.limits.flows, inside_->flow_fill};
        inside_->walker.run([&maps, options = std::move(options), judge,
                             report] { *report = dataplane::walk_flows(maps, options, judge); },
                            [this, dead, done, report] { end_walk(dead, *report, done); });
    });
}

/// The dead indexes are free before the round ends, or, after an error, dead in the next one, too.
void Dataplane::end_walk(const std::vector<std::uint32_t>& dead, const Result<FlowReport>& report,
                         const std::function<void(const Result<FlowReport>&)>& done) {
    if (!report) return done(report);
    inside_->flow_fill =
        static_cast<int>(std::uint64_t{report->entries} * 100 / std::max(report->capacity, 1U));
    if (dead.empty()) return done(report);
    inside_->grace->after([this, dead, report, done] {
        Retired retired;
        retired.backends = dead;
        bury(inside_->loaded.maps, inside_->layout, *inside_->neighbours, retired);
        done(report);
    });
}

// --------------------------------------------------------------------------------------- reading

std::vector<InterfaceView> Dataplane::interfaces() const {
    return inside_->links.interfaces();
}

std::vector<VerdictView> Dataplane::verdicts() const {
    return dataplane::verdicts(inside_->loaded.maps);
}

Count Dataplane::vip_count(std::uint32_t number) const {
    return dataplane::vip_count(inside_->loaded.maps, number);
}

Count Dataplane::backend_count(std::uint32_t index) const {
    return dataplane::backend_count(inside_->loaded.maps, index);
}

std::vector<Count> Dataplane::backend_counts(std::uint32_t end) const {
    return dataplane::backend_counts(inside_->loaded.maps, end);
}

std::vector<std::uint64_t> Dataplane::new_flows(std::uint32_t end) const {
    return dataplane::new_flows(inside_->loaded.maps, end);
}

FlowCounts Dataplane::flow_counts(std::uint32_t vip_number) const {
    return dataplane::flow_counts(inside_->loaded.maps, vip_number);
}

Handshakes Dataplane::handshakes(std::uint32_t index) const {
    return dataplane::handshakes(inside_->loaded.maps, index);
}

std::string Dataplane::next_hop(std::uint32_t index) const {
    return inside_->neighbours->next_hop(index);
}

bool Dataplane::is_reachable(std::uint32_t index) const {
    return inside_->neighbours->is_reachable(index);
}

bool Dataplane::is_to_blame(std::uint32_t index) const {
    return inside_->neighbours->is_to_blame(index);
}

bool Dataplane::is_awaited(std::uint32_t index) const {
    return inside_->neighbours->is_awaited(index);
}

std::string Dataplane::cut_off() const {
    return inside_->neighbours->cut_off();
}

void Dataplane::network_is_back() {
    inside_->neighbours->network_is_back();
}

std::vector<std::string> Dataplane::problems() const {
    auto found = inside_->links.problems();
    for (auto& more : {inside_->neighbours->problems(), inside_->probes->problems()})
        found.insert(found.end(), more.begin(), more.end());
    return found;
}

Explanation Dataplane::explain(
    const Endpoint& source, const VipKey& vip,
    const std::function<std::string(std::uint32_t)>& backend_name) const {
    const auto& in = *inside_;
    return explain::explain(
        view_of(in.loaded),
        {backend_name, [&](auto index) { return in.neighbours->next_hop(index); },
         [&](auto ifindex) { return in.links.has(ifindex); }},
        source, vip);
}

// ------------------------------------------------------------------------------------ its checks

/// A backend that does not say where it is, is not there; that nobody knows the way is ours.
tl::expected<Fd, CheckResult> Dataplane::open_probe(std::uint32_t index, const ProbeWish& wish) {
    if (inside_->neighbours->is_to_blame(index))
        return tl::unexpected{failed(CheckReason::backend_unreachable)};
    return inside_->probes->open_socket(index, wish);
}

std::uint64_t Dataplane::probes_sent(std::uint32_t index) const {
    return inside_->probes->sent(index);
}

CheckResult Dataplane::prove_probe(std::uint32_t index, const Address& vip,
                                   const CheckResult& result, std::uint64_t sent_before) {
    return inside_->probes->prove(index, vip, result, sent_before);
}

// ------------------------------------------------------------------------------------- capturing

Result<> Dataplane::start_capture(const CaptureOrder& order) {
    auto& in = *inside_;
    if (in.capture) return Error{"a capture is running already"};
    auto capture = Capture::load(in.loaded, order);
    if (!capture) return capture.error();
    if (const auto done = in.links.run((*capture)->program()); !done) {
        (void)in.links.run(in.loaded.program).has_value();
        return done.error();
    }
    in.capture = std::move(*capture);
    return {};
}

std::vector<CaptureRecord> Dataplane::captured() {
    return inside_->capture ? inside_->capture->take() : std::vector<CaptureRecord>{};
}

CaptureLosses Dataplane::capture_losses() const {
    return inside_->capture ? inside_->capture->losses() : CaptureLosses{};
}

Result<> Dataplane::end_capture() {
    auto& in = *inside_;
    if (!in.capture) return {};
    const auto done = in.links.run(in.loaded.program);
    in.capture.reset();
    return done;
}

}  // namespace lb::dataplane
