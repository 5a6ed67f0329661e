// SPDX-License-Identifier: Apache-2.0
#include "health/preflight.hpp"

#include <algorithm>
#include <optional>

#include "model/target.hpp"

namespace lb::health {
namespace {

/// What the attempts of one front have in common, and how they get to its backends.
struct Manner {
    Question question;
    milliseconds timeout{};
    std::optional<Address> source;
    std::string interface;
    std::optional<std::uint16_t> port;
    ForwardMode forward = ForwardMode::ipip;
    bool operator==(const Manner&) const = default;
};

std::optional<Manner> manner(const Spec& spec, const Front& front) {
    const auto& pool = spec.pools.at(front.pool);
    if (!pool.check || pool.check->is_none()) return {};
    const auto port = check_port(spec, front.pool);
    if (!port && pool.check->type != CheckType::icmp) return {};
    const auto& check = *pool.check;
    return Manner{check,           check.timeout, check.source,
                  check.interface, port,          front.via ? pool.forward : ForwardMode::ipip};
}

/// Whether `front` of `after` makes its attempts as it did before.
bool is_known(const Spec& before, const Spec& after, const Front& front) {
    if (!before.pools.contains(front.pool)) return false;
    const auto known = fronts(before, front.pool);
    return std::find(known.begin(), known.end(), front) != known.end() &&
           manner(before, front) == manner(after, front);
}

/// Whether who was there, at the same address, is asked as before at every front.
bool are_known(const Spec& before, const Spec& after, const std::string& pool) {
    const auto all = fronts(after, pool);
    return std::all_of(all.begin(), all.end(), [&](const Front& front) {
        return !manner(after, front) || is_known(before, after, front);
    });
}

/// Whom of a pool nobody has to ask, because somebody did.
class Known {
public:
    Known(const Spec& before, const Spec& after, const std::string& pool)
        : them_{are_known(before, after, pool) ? pool_of(before, pool) : nullptr} {}
    bool has(const std::pair<const std::string, BackendSpec>& backend) const {
        if (!them_) return false;
        const auto found = them_->backends.find(backend.first);
        return found != them_->backends.end() && found->second.address == backend.second.address;
    }

private:
    static const Pool* pool_of(const Spec& spec, const std::string& name) {
        const auto found = spec.pools.find(name);
        return found == spec.pools.end() ? nullptr : &found->second;
    }
    const Pool* them_;
};

bool is_checked(const Spec& spec, const std::string& pool) {
    const auto all = fronts(spec, pool);
    return std::any_of(all.begin(), all.end(),
                       [&](const Front& front) { return manner(spec, front).has_value(); });
}

}  // namespace

Spec to_be_tried(const Spec& before, const Spec& after) {
    Spec tried;
    tried.node = after.node;
    tried.http = after.http;
    for (const auto& [name, pool] : after.pools) {
        if (!is_checked(after, name)) continue;
        auto news = pool;
        const Known known{before, after, name};
        std::erase_if(news.backends, [&](const auto& backend) { return known.has(backend); });
        if (!news.backends.empty()) tried.pools.emplace(name, std::move(news));
    }
    for (const auto& [name, vip] : after.vips)
        if (tried.pools.contains(vip.pool)) tried.vips.emplace(name, vip);
    return tried;
}

std::vector<Target> targets_to_be_tried(const Spec& before, const Spec& after) {
    std::vector<Target> found;
    for (const auto& [name, pool] : after.pools) {
        if (!is_checked(after, name)) continue;
        const Known known{before, after, name};
        for (const auto& front : fronts(after, name))
            for (const auto& backend : pool.backends)
                if (!known.has(backend)) found.push_back({front, backend.first});
    }
    return found;
}

}  // namespace lb::health
