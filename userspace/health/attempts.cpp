// SPDX-License-Identifier: Apache-2.0
#include "health/attempts.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 2s;      // beyond the timeout, until a silent lbd-check counts as stuck
constexpr auto kMostPatience = 5s;  // until one does that answers others, but not this
constexpr auto kOwnLag = 500ms;     // then it may be we who did not read the answer yet

/// lbd-check died over it.
CheckResult lost() {
    CheckResult result;
    result.detail = EPIPE;
    return result;
}

}  // namespace

Attempts::Attempts(Loop& loop, Child::Options child, Random random, OpenSocket open_socket,
                   OnResult result)
    : loop_{loop},
      random_{random},
      open_socket_{std::move(open_socket)},
      on_result_{std::move(result)},
      child_{loop,
             std::move(child),
             {[this] { on_started(); }, [this](std::string_view packet) { on_packet(packet); },
              [this] { on_died(); }}} {}

Result<> Attempts::start() {
    return child_.start();
}

Result<std::uint32_t> Attempts::add(const Definition& definition, const Rhythm& rhythm,
                                    Time first) {
    const auto id = last_check_ + 1;
    auto packet = encode(Request{Define{id, definition}});
    if (!packet) return packet.error();
    last_check_ = id;
    child_.send(*packet);
    checks_.emplace(id, Check{std::move(*packet), definition.timeout, definition.from_lbd, rhythm,
                              Timer{loop_}});
    reschedule(id, first);
    return id;
}

void Attempts::remove(std::uint32_t check) {
    if (checks_.erase(check) == 0) return;
    if (const auto packet = encode(Request{Forget{check}})) child_.send(*packet);
}

void Attempts::reschedule(std::uint32_t check, Time when) {
    const auto found = checks_.find(check);
    if (found == checks_.end() || found->second.in_flight) return;
    found->second.due = when;
    found->second.timer.at(when, [this, check] { run(check); });
}

std::optional<Time> Attempts::next_attempt(std::uint32_t check) const {
    const auto found = checks_.find(check);
    if (found == checks_.end() || found->second.in_flight || found->second.missed) return {};
    return found->second.due;
}

void Attempts::run(std::uint32_t id) {
    auto& check = checks_.at(id);  // its timer is gone when it is
    check.missed = !child_.running();
    if (check.missed) return;  // on_started() makes up for it
    check.started = Loop::now();
    auto socket = socket_for(id, check);
    if (!socket) return conclude(id, socket.error());
    const auto packet = encode(Request{Run{id, ++last_sequence_, false}});
    if (packet) child_.send(*packet, std::move(*socket));
    check.in_flight = last_sequence_;
    wait_for_answer(id, check.started + check.timeout + kPatience);
}

tl::expected<Fd, CheckResult> Attempts::socket_for(std::uint32_t id, const Check& check) {
    if (!check.wants_socket) return Fd{};
    return open_socket_(id);
}

void Attempts::wait_for_answer(std::uint32_t id, Time until) {
    checks_.at(id).timer.at(until, [this, id, until] {
        const auto now = Loop::now();
        if (now - until > kOwnLag) return wait_for_answer(id, now + kOwnLag);
        // Who answers others has too much to do: starting anew would be still more.
        const auto& check = checks_.at(id);
        const auto then =
            std::min(answered_ + kPatience, check.started + check.timeout + kMostPatience);
        if (now < then) return wait_for_answer(id, then);
        child_.restart("did not answer");
    });
}

void Attempts::conclude(std::uint32_t id, const CheckResult& result) {
    const bool in_doubt = on_result_(id, result);
    const auto found = checks_.find(id);
    if (found == checks_.end()) return;  // the result made somebody remove it
    auto& check = found->second;
    const auto now = Loop::now();
    reschedule(id, next(check.rhythm, checks_.size(), check.started, in_doubt, now, random_));
}

void Attempts::on_started() {
    int n = 0;
    for (auto& [id, check] : checks_) {
        child_.send(check.define);
        if (!std::exchange(check.missed, false)) continue;
        reschedule(id, in_turn(n++));
    }
}

void Attempts::on_died() {
    std::vector<std::uint32_t> lost_ones;
    for (auto& [id, check] : checks_) {
        if (!check.in_flight) continue;
        check.in_flight.reset();
        check.timer.cancel();
        check.missed = true;
        lost_ones.push_back(id);
    }
    for (const auto id : lost_ones)
        on_result_(id, lost());
    while (!probes_.empty())
        end_probe(probes_.begin()->first, Error{"lbd-check ended meanwhile: try again"});
}

void Attempts::on_packet(std::string_view packet) {
    auto reply = decode_reply(packet);
    if (!reply) return child_.restart("sent nonsense: " + reply.error().what);
    if (const auto* answer = std::get_if<Answer>(&*reply)) return on_answer(*answer);
    auto& transcript = std::get<Transcript>(*reply);
    const auto found = probes_.find(transcript.sequence);
    if (found != probes_.end()) found->second.transcript = std::move(transcript.text);
}

void Attempts::on_answer(const Answer& answer) {
    answered_ = Loop::now();
    if (probes_.count(answer.sequence) != 0) return end_probe(answer.sequence, answer.result);
    const auto found = checks_.find(answer.check);
    if (found == checks_.end() || found->second.in_flight != answer.sequence) return;  // too late
    found->second.in_flight.reset();
    conclude(answer.check, answer.result);
}

void Attempts::probe(std::uint32_t check, OnProbe done) {
    const auto found = checks_.find(check);
    if (found == checks_.end()) return done(Error{"there is no such check"});
    if (!child_.running()) return done(Error{problem()});
    auto socket = socket_for(check, found->second);
    if (!socket) return done(std::pair{socket.error(), std::string{"* no socket for it\n"}});
    const auto sequence = ++last_sequence_;
    if (const auto packet = encode(Request{Run{check, sequence, true}}))
        child_.send(*packet, std::move(*socket));
    auto& probe = probes_.emplace(sequence, Probe{std::move(done), Timer{loop_}}).first->second;
    probe.patience.in(found->second.timeout + kPatience, [this, sequence] {
        end_probe(sequence, Error{"lbd-check does not answer"});
    });
}

void Attempts::end_probe(std::uint32_t sequence, Result<CheckResult> result) {
    auto probe = probes_.extract(sequence);
    if (!probe) return;
    if (!result) return probe.mapped().done(result.error());
    probe.mapped().done(std::pair{*result, std::move(probe.mapped().transcript)});
}

}  // namespace lb::health
