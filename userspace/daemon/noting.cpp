// SPDX-License-Identifier: Apache-2.0
/// What goes into the event log, and how the service is measured for it.
#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

#include "base/log.hpp"
#include "base/siphash.hpp"
#include "daemon/daemon.hpp"
#include "model/json_event.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::seconds kSaidOnce{60};  // a hook that fails, however often it does

/// Of the last seconds, of which there are two at least; packets and handshakes of vips.
struct Pace {
    double packets = 0;
    Handshakes handshakes;
};

Pace pace(const std::deque<change::Traffic>& minute, const Spec& spec, const std::string& pool) {
    Pace sum;
    const auto& now = minute.back();
    const auto& then = minute[minute.size() - std::min<std::size_t>(minute.size(), 6)];
    std::set<Front> counted;  // vips at one address share their handshakes
    for (const auto& [name, vip] : spec.vips) {
        if (!then.vips.contains(name)) continue;  // its address may have had handshakes before
        if (!pool.empty() && vip.pool != pool) continue;
        sum.packets += change::packets_per_second(then, now, name);
        if (!counted.insert(front_of(spec, vip)).second) continue;
        const auto its = change::handshakes(then, now, name);
        sum.handshakes.samples += its.samples;
        sum.handshakes.completed += its.completed;
    }
    return sum;
}

/// Healthy or eligible is who is it at all fronts of its pool; they have the same backends.
void count_backends(const plan::Standings& standings, const std::string& pool, Measure& measure) {
    std::vector<std::pair<bool, bool>> everywhere;  // healthy, eligible
    const auto close = [&] {
        for (const auto& [healthy, eligible] : std::exchange(everywhere, {})) {
            ++measure.backends;
            measure.healthy += healthy;
            measure.eligible += eligible;
        }
    };
    const std::string* open = nullptr;
    for (auto at = standings.lower_bound(Front{pool}); at != standings.end(); ++at) {
        const auto& [front, standing] = *at;
        if (!pool.empty() && front.pool != pool) break;
        if (open && *open != front.pool) close();
        open = &front.pool;
        everywhere.resize(standing.backends.size(), {true, true});
        auto all = everywhere.begin();
        for (const auto& [name, its] : standing.backends) {
            all->first &= its.admin == AdminState::ready && its.health == HealthVerdict::up;
            all++->second &= its.eligible;
        }
    }
    close();
}

}  // namespace

Actor actor_of(const api::Caller& caller) {
    return {caller.uid, caller.login_uid, caller.via};
}

/// Backends last: there may be thousands of them, and people are told of the first.
std::vector<std::string> told(const std::vector<config::Difference>& differences) {
    std::vector<std::string> words;
    for (const bool is_of_backend : {false, true})
        for (const auto& difference : differences)
            if (difference.change.starts_with("backend ") == is_of_backend)
                words.push_back(config::text(difference));
    return words;
}

/// Who may have what, by which configuration.
std::string Daemon::table() const {
    std::string words = running_->hash;
    if (detached_) words += " detached";
    for (const auto& [id, its] : memory_.weights)
        words += " " + id.text() + "=" + std::to_string(its.weight);
    for (const auto& entry : forwarding_->tables().backends) {
        const std::array<std::uint64_t, 2> its{entry.identity, entry.state};
        words.append(reinterpret_cast<const char*>(its.data()), sizeof(its));
    }
    for (const auto& [target, share] : forwarding_->partial())
        words += " " + target.text() + " " + std::to_string(share);
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx",
                  static_cast<unsigned long long>(siphash(Seed{}, words)));
    return digits.data();
}

/// Of one pool, or of all together.
Measure Daemon::measure(const std::string& pool) const {
    Measure measure;
    measure.table = table();
    count_backends(forwarding_->standings(), pool, measure);
    if (detached_) {
        measure.eligible = 0;
        measure.packets = 0;
        return measure;
    }
    if (!pulse_ || pulse_->minute().size() < 2) return measure;
    const auto its = pace(pulse_->minute(), forwarding_->spec(), pool);
    measure.packets = its.packets;
    if (its.handshakes.samples > 0)
        measure.completion = static_cast<double>(its.handshakes.completed) /
                             static_cast<double>(its.handshakes.samples);
    return measure;
}

/// Those that the last publication has changed.
void Daemon::note_modes(const char* cause, const std::string& table_before) {
    const auto& then = forwarding_->standings_before();
    for (const auto& [front, change] : plan::changes_of_mode(then, forwarding_->standings())) {
        auto before = measure(front.pool);  // of its clients nothing newer is known
        before.table = table_before;
        before.healthy = before.eligible = before.backends = 0;
        count_backends(then, front.pool, before);
        Event event;
        event.cause = cause;
        event.before = before;
        note_mode(front, change, std::move(event));
    }
}

void Daemon::note(Event event) {
    if (event.generation == 0) event.generation = generation_;
    if (event.before && !event.after) event.after = measure(event.pool);
    hook_.tell(journal_.write(std::move(event)));
}

/// No event: it would run the hook again.
void Daemon::on_hook_failure(const std::string& why) {
    if (hook_failed_ && Loop::now() - *hook_failed_ < kSaidOnce) return;
    hook_failed_ = Loop::now();
    log::warning("event hook: " + why + " (" + std::to_string(hook_.failures()) +
                 " failures since lbd started)");
}

/// With what was noted a moment ago, unless that may take long.
void Daemon::events(std::chrono::seconds last, api::Reply<api::SharedText> reply) {
    if (archive_.why_not(Archive::Where::at_length)) return events_as_written(last, reply);
    journal_.when_written(
        [this, last, reply = std::move(reply)] { events_as_written(last, reply); });
}

/// The last ones, if the disk does not give more.
void Daemon::events_as_written(std::chrono::seconds last,
                               const api::Reply<api::SharedText>& reply) {
    const auto since = std::chrono::system_clock::now() - last;
    if (archive_.why_not(Archive::Where::at_length)) {
        std::vector<Event> known;
        std::ranges::copy_if(journal_.recent(), std::back_inserter(known),
                             [&](const auto& event) { return event.at >= since; });
        return reply(std::make_shared<const std::string>(json::print(known)));
    }
    archive_.look_up<api::SharedText>(
        Archive::Where::at_length,
        [log = journal_.log(), since]() -> api::Answer<api::SharedText> {
            return std::make_shared<const std::string>(json::print_lines(log.lines(since)));
        },
        reply);
}

}  // namespace lb::daemon
