// SPDX-License-Identifier: Apache-2.0
/// The words of enums in documents: by these lists they are read, and the API's schemas printed.
#pragma once

#include <array>
#include <string>

#include "model/view.hpp"

namespace lb::json {

/// Every value that documents have of an enum; `text()` prints its word.
template <class E>
inline constexpr std::array<E, 0> kChoices{};
template <>
inline constexpr std::array kChoices<Protocol>{Protocol::tcp, Protocol::udp};
template <>
inline constexpr std::array kChoices<ForwardMode>{ForwardMode::ipip, ForwardMode::l2,
                                                  ForwardMode::gue};
template <>
inline constexpr std::array kChoices<AllDown>{AllDown::fail_open, AllDown::fail_closed};
template <>
inline constexpr std::array kChoices<AdminState>{AdminState::ready, AdminState::drain,
                                                 AdminState::maint};
template <>
inline constexpr std::array kChoices<HealthState>{HealthState::checking,  HealthState::up,
                                                  HealthState::down,      HealthState::stale,
                                                  HealthState::held_down, HealthState::unchecked};
template <>
inline constexpr std::array kChoices<HealthVerdict>{HealthVerdict::none, HealthVerdict::up,
                                                    HealthVerdict::down};
template <>
inline constexpr std::array kChoices<Outcome>{Outcome::pass, Outcome::fail, Outcome::inconclusive};
template <>
inline constexpr std::array kChoices<Severity>{Severity::warning, Severity::error};
template <>
inline constexpr std::array kChoices<Refusal::Kind>{
    Refusal::Kind::invalid, Refusal::Kind::unknown,    Refusal::Kind::refused,
    Refusal::Kind::failed,  Refusal::Kind::permission, Refusal::Kind::busy};
template <>
inline constexpr std::array kChoices<WitnessVerdict>{
    WitnessVerdict::too_few, WitnessVerdict::normal, WitnessVerdict::suspicious};
template <>
inline constexpr std::array kChoices<Flows>{Flows::all, Flows::existing, Flows::none};
template <>
inline constexpr std::array kChoices<CheckerState>{CheckerState::ok, CheckerState::suspect,
                                                   CheckerState::broken};
template <>
inline constexpr std::array kChoices<GenerationState>{
    GenerationState::verifying, GenerationState::pending, GenerationState::confirmed,
    GenerationState::rolled_back};
template <>
inline constexpr std::array kChoices<Readiness::Obstacle>{
    Readiness::Obstacle::none, Readiness::Obstacle::detached, Readiness::Obstacle::no_program,
    Readiness::Obstacle::cut_off, Readiness::Obstacle::no_backend};

/// The value that `text()` prints as `word`; false if there is none.
bool parse_word(const std::string& word, CheckReason& value);
template <class E>
bool parse_word(const std::string& word, E& value) {
    static_assert(!kChoices<E>.empty(), "its values are not listed");
    for (const auto each : kChoices<E>) {
        if (word != text(each)) continue;
        value = each;
        return true;
    }
    return false;
}

}  // namespace lb::json
