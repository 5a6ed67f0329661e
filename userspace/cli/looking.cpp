// SPDX-License-Identifier: Apache-2.0
#include "cli/looking.hpp"

#include <algorithm>
#include <set>
#include <thread>

#include "cli/progress.hpp"
#include "diagnosis/diagnosis.hpp"
#include "health/reach.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

constexpr std::size_t kMostAsked = 128;   // backends that are pinged: two sockets each
constexpr std::size_t kMostChecked = 16;  // ... and checked, one after the other
constexpr std::chrono::milliseconds kSpell{1000};

std::vector<BackendView> chosen(const Status& status, const std::vector<BackendId>& named) {
    std::vector<BackendView> backends;
    for (const auto& pool : status.pools)
        for (const auto& backend : pool.backends)
            if (named.empty() || std::ranges::find(named, backend.id) != named.end())
                backends.push_back(backend);
    return backends;
}

/// Those that may be in trouble first.
void cut(std::vector<BackendView>& backends, std::size_t most) {
    std::stable_partition(backends.begin(), backends.end(), diagnosis::is_in_doubt);
    if (backends.size() > most) backends.resize(most);
}

Failure unknown_backend(const Session& session, const BackendId& id) {
    return with_suggestion(session, {Exit::unknown, "no backend \"" + id.text() + "\"", {}},
                           id.text(), backend_names);
}

/// As large as a client's packet and its tunnel can be; what the first cable does not take is
/// another trouble (LB505).
std::uint32_t full_packet(const Spec& spec, const HostFacts& host, const BackendView& backend) {
    const auto route = host.routes.find(backend.address);
    const auto pool = spec.pools.find(backend.id.pool);
    if (route == host.routes.end() || pool == spec.pools.end()) return 0;
    const auto cable = host.interfaces.find(route->second.interface);
    if (cable == host.interfaces.end()) return 0;
    return std::min(largest_packet(host, spec) + overhead(pool->second.forward, backend.address),
                    cable->second.mtu);
}

/// For a connection, where the check makes one.
std::uint16_t tcp_port(const Spec& spec, const std::string& pool) {
    const auto its = spec.pools.find(pool);
    if (its == spec.pools.end() || !its->second.check) return 0;
    switch (its->second.check->type) {
        case CheckType::tcp:
        case CheckType::http:
        case CheckType::https:
        case CheckType::grpc:
            return check_port(spec, pool).value_or(0);
        default:
            return 0;
    }
}

class Looking {
public:
    Looking(const Session& session, const Spec& spec, const HostFacts& host,
            const std::vector<BackendId>& named)
        : session_{session}, spec_{spec}, host_{host}, named_{named} {}

    Outcome<Looked> run() {
        auto before = fetch_status(session_);
        if (!before && before.error().exit == Exit::unreachable) {
            looked_.facts.is_running = false;
            return looked_;
        }
        if (!before) return tl::unexpected{before.error()};
        const Ticker ticker{"the backends are asked"};
        const auto began = std::chrono::steady_clock::now();
        looked_.facts.before = std::move(*before);
        for (const auto& id : named_)
            if (chosen(looked_.facts.before, {id}).empty())
                return tl::unexpected{unknown_backend(session_, id)};
        ask();
        check();
        std::this_thread::sleep_until(began + kSpell);  // counters need a time to grow in
        auto after = fetch_status(session_);
        if (!after) return tl::unexpected{after.error()};
        looked_.facts.between = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - began);
        looked_.facts.after = std::move(*after);
        return looked_;
    }

private:
    void ask() {
        auto backends = chosen(looked_.facts.before, named_);
        const auto all = backends.size();
        cut(backends, kMostAsked);
        leave_out(all - backends.size(), "pinged");
        std::vector<health::Call> calls;
        for (const auto& each : backends)
            calls.push_back(
                {each.address, full_packet(spec_, host_, each), tcp_port(spec_, each.id.pool)});
        const auto found = health::reach(calls, kSpell);
        std::set<std::string> unknown;
        for (std::size_t i = 0; i < backends.size(); ++i) {
            looked_.facts.reach[backends[i].id] = found[i];
            if (!found[i].unknown.empty())
                unknown.insert("ways were not measured: " + found[i].unknown);
        }
        looked_.unknown.insert(looked_.unknown.end(), unknown.begin(), unknown.end());
    }

    void check() {
        auto backends = chosen(looked_.facts.before, named_);
        if (named_.empty())
            std::erase_if(backends, [](const auto& each) { return !diagnosis::is_in_doubt(each); });
        const auto all = backends.size();
        cut(backends, kMostChecked);
        leave_out(all - backends.size(), "checked");
        for (const auto& each : backends) {
            const auto answer =
                session_.client().post("/api/v1/backends/" + each.id.text() + "/probe",
                                       json::print_strings({{"vip", ""}}));
            const auto probes =
                answer ? understand(json::parse_probes(*answer)) : tl::unexpected{answer.error()};
            if (probes)
                looked_.facts.probes[each.id] = *probes;
            else
                looked_.unknown.push_back("backend \"" + each.id.text() +
                                          "\" was not checked: " + probes.error().what);
        }
    }

    void leave_out(std::size_t number, const char* what) {
        if (number != 0)
            looked_.unknown.push_back(std::to_string(number) + " backends more were not " + what +
                                      ": name them with --backend");
    }

    const Session& session_;
    const Spec& spec_;
    const HostFacts& host_;
    const std::vector<BackendId>& named_;
    Looked looked_;
};

}  // namespace

Outcome<Looked> look_at_forwarding(const Session& session, const Spec& spec, const HostFacts& host,
                                   const std::vector<BackendId>& named) {
    return Looking{session, spec, host, named}.run();
}

}  // namespace lb::cli
