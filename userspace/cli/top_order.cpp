// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "cli/cells.hpp"
#include "cli/top.hpp"

namespace lb::cli {
namespace {

constexpr double kLast = std::numeric_limits<double>::infinity();

/// The worst first.
int rank(HealthState state) {
    switch (state) {
        case HealthState::down:
            return 0;
        case HealthState::held_down:
            return 1;
        case HealthState::stale:
            return 2;
        case HealthState::checking:
            return 3;
        case HealthState::unchecked:
            return 4;
        case HealthState::up:
            break;
    }
    return 5;
}

double rank(const VipActivity& its) {
    return its.vip.ready == 0 ? -1 : static_cast<double>(its.vip.healthy) / its.vip.ready;
}

/// Of two backends that are as healthy, the one that somebody has taken out.
double rank(const BackendActivity& its) {
    return rank(its.backend.health.state) + (its.backend.state == AdminState::ready ? 0.5 : 0);
}

const std::string& name(const VipActivity& its) {
    return its.vip.name;
}
std::string name(const BackendActivity& its) {
    return its.backend.id.text();
}
Greetings greetings(const VipActivity& its) {
    return its.greetings;
}
Greetings greetings(const BackendActivity& its) {
    return {its.backend.witness.samples, its.backend.witness.ratio, its.backend.witness.latency};
}

/// What is smaller comes first.
template <class Row>
double weight(const Row& row, Order order) {
    const auto seen = greetings(row);
    switch (order) {
        case Order::rate:
            return row.rate.packets ? -*row.rate.packets : kLast;
        case Order::state:
            return rank(row);
        case Order::handshakes:
            return seen.samples == 0 ? kLast : seen.ratio;
        case Order::latency:
            return seen.samples == 0 ? kLast : -static_cast<double>(seen.latency.count());
        case Order::name:
            break;
    }
    return 0;
}

template <class Row>
void sort_rows(std::vector<Row>& rows, const Wish& wish) {
    std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
        const auto first = weight(a, wish.order), second = weight(b, wish.order);
        return first != second ? first < second : name(a) < name(b);
    });
    if (wish.is_reversed) std::reverse(rows.begin(), rows.end());
}

/// A-Z as a-z; names and addresses have no other letters.
std::string lower(std::string text) {
    for (auto& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return text;
}

std::string words(const VipActivity& its) {
    return its.vip.name + " " + address_of(its.vip) + " " + its.vip.pool + " " + its.vip.mode;
}
std::string words(const BackendActivity& its) {
    const auto& backend = its.backend;
    return backend.id.text() + " " + backend.address.text() + " " + lb::text(backend.state) + " " +
           lb::text(backend.health.state);
}

template <class Row>
void keep_matching(std::vector<Row>& rows, const std::string& filter) {
    std::erase_if(
        rows, [&](const Row& row) { return lower(words(row)).find(filter) == std::string::npos; });
}

}  // namespace

const char* text(Order order) {
    switch (order) {
        case Order::rate:
            return "rate";
        case Order::name:
            return "name";
        case Order::state:
            return "state";
        case Order::handshakes:
            return "handshakes";
        case Order::latency:
            break;
    }
    return "latency";
}

ActivityView arranged(ActivityView view, const Wish& wish) {
    const auto filter = lower(wish.filter);
    keep_matching(view.vips, filter);
    keep_matching(view.backends, filter);
    sort_rows(view.vips, wish);
    sort_rows(view.backends, wish);
    return view;
}

}  // namespace lb::cli
