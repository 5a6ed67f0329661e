// SPDX-License-Identifier: Apache-2.0
#include "dataplane/grace.hpp"

#include <cerrno>
#include <chrono>
#include <cstdint>

#include <bpf/bpf.h>

namespace lb::dataplane {
namespace {

Result<> update(int outer, int inner) {
    const std::uint32_t only = 0;
    if (bpf_map_update_elem(outer, &only, &inner, BPF_ANY) != 0)
        return Error::from_errno("wait for a grace period", errno);
    return {};
}

}  // namespace

Grace::Grace(Loop& loop, Maps maps)
    : maps_{std::make_shared<Maps>(std::move(maps))}, retry_{loop}, worker_{loop} {}

Grace::~Grace() {
    *alive_ = false;
}

Result<std::unique_ptr<Grace>> Grace::create(Loop& loop) {
    Maps maps;
    maps.inner = Fd{bpf_map_create(BPF_MAP_TYPE_ARRAY, "lb_grace_in", 4, 4, 1, nullptr)};
    if (!maps.inner) return Error::from_errno("create map 'lb_grace_in'", errno);
    bpf_map_create_opts options{};
    options.sz = sizeof(options);
    options.inner_map_fd = static_cast<std::uint32_t>(maps.inner.get());
    maps.outer = Fd{bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "lb_grace", 4, 4, 1, &options)};
    if (!maps.outer) return Error::from_errno("create map 'lb_grace'", errno);
    return std::unique_ptr<Grace>{new Grace{loop, std::move(maps)}};
}

Result<> Grace::wait() const {
    return update(maps_->outer.get(), maps_->inner.get());
}

void Grace::after(Callback then) {
    const auto outcome = std::make_shared<Result<>>();  // shared by the job and what follows it
    worker_.run(
        [maps = maps_, outcome] { *outcome = update(maps->outer.get(), maps->inner.get()); },
        [this, alive = alive_, outcome, then = std::move(then)] {
            if (!*alive) return;
            if (*outcome) return then();
            failed_.push_back(then);  // out of memory: later
            retry_.in(std::chrono::seconds{1}, [this] {
                for (auto& again : std::exchange(failed_, {}))
                    after(std::move(again));
            });
        });
}

}  // namespace lb::dataplane
