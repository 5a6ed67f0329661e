// SPDX-License-Identifier: Apache-2.0
#include "bench/publisher.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "plan/tables.hpp"

namespace lb::bench {
namespace {

/// One vip and a pool; every second generation has another weight for the first backend.
Spec spec(std::uint32_t backends, std::uint32_t slots, bool odd) {
    Spec result;
    for (std::uint32_t i = 0; i < backends; ++i) {
        auto& backend = result.pools["web"].backends["web-" + std::to_string(i)];
        backend.address =
            *Address::parse("10.0." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250));
        backend.weight = i == 0 && odd ? 50 : 100;
    }
    auto& vip = result.vips["shop"];
    vip.address = *Address::parse("192.0.2.10");
    vip.ports = {80, 80};
    vip.protocol = Protocol::tcp;
    vip.pool = "web";
    vip.slots = slots;
    return result;
}

HealthView all_up(const Spec& spec) {
    HealthView view;
    for (const auto& [name, backend] : spec.pools.at("web").backends)
        view[{{"web"}, name}].verdict = HealthVerdict::up;
    return view;
}

template <class T>
T& good(Result<T>& result) {
    if (!result) throw std::runtime_error(result.error().what);
    return *result;
}

}  // namespace

Privacy::Privacy() : folder_{std::filesystem::temp_directory_path() / "lbd-bench-XXXXXX"} {
    if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 || !mkdtemp(folder_.data()) ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("bpf", folder_.c_str(), "bpf", 0, nullptr) != 0)
        throw std::runtime_error("a network and a bpffs of our own: are you root?");
}

Privacy::~Privacy() {
    umount2(folder_.c_str(), MNT_DETACH);
    rmdir(folder_.c_str());
}

Publisher::Publisher() {
    auto opened = dataplane::Dataplane::open(loop_, {privacy_.pins(), {}, Seed{1}});
    dataplane_ = std::move(good(opened));
}

std::chrono::steady_clock::duration Publisher::publish(std::uint32_t backends,
                                                       std::uint32_t slots) {
    const Spec candidate = spec(backends, slots, ++generation_ % 2 == 1);
    const HealthView health = all_up(candidate);
    const auto begun = std::chrono::steady_clock::now();
    plan::Standings standings;
    standings[{"web"}] = plan::stand({"web"}, candidate.pools.at("web"), health, {}, {}, 1);
    plan::Homes homes{Seed{1}};
    auto tables = plan::tables(candidate, homes, standings, dataplane_->layout(), {generation_, 1});
    const auto done = dataplane_->publish(good(tables), [this] { loop_.stop(); });
    const auto took = std::chrono::steady_clock::now() - begun;
    if (!done) throw std::runtime_error(done.error().what);
    loop_.run();  // the grace period
    return took;
}

}  // namespace lb::bench
