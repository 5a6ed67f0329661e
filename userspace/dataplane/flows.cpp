// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flows.hpp"

#include <algorithm>
#include <cerrno>
#include <ctime>

#include <bpf/bpf.h>

#include "bpf/hash.h"
#include "dataplane/per_cpu.hpp"

namespace lb::dataplane {
namespace {

constexpr std::uint32_t kBatch = 4096;
constexpr std::uint32_t kLargestBatch = 1 << 20;

std::uint32_t seconds_now() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint32_t>(now.tv_sec);
}

/// Some entries at a time, until there are no more.
class Batches {
public:
    explicit Batches(int map) : map_{map} {
        keys.resize(kBatch);
        entries.resize(kBatch);
    }

    std::vector<lb_flow> keys;
    std::vector<lb_flow_entry> entries;
    std::uint32_t count = 0;

    /// False after the last.  `count` entries are to be looked at in either case.
    Result<bool> next() {
        for (;;) {
            count = static_cast<std::uint32_t>(keys.size());
            const int err = bpf_map_lookup_batch(map_, begun_ ? &position_ : nullptr, &position_,
                                                 keys.data(), entries.data(), &count, nullptr);
            if (err == 0 || err == -ENOENT) {
                begun_ = true;
                return err == 0;
            }
            count = 0;
            if (err == -EINTR) continue;
            // A bucket holds more than a batch.
            if (err != -ENOSPC || keys.size() >= kLargestBatch)
                return Error::from_errno("map 'flows': read", -err);
            keys.resize(2 * keys.size());
            entries.resize(keys.size());
        }
    }

private:
    int map_;
    std::uint32_t position_ = 0;  // of a bucket: the kernel's
    bool begun_ = false;
};

void remove(int map, std::vector<lb_flow>& keys) {
    for (std::uint32_t done = 0; done < keys.size();) {
        auto count = static_cast<std::uint32_t>(keys.size()) - done;
        const int err = bpf_map_delete_batch(map, keys.data() + done, &count, nullptr);
        done += count;
        if (err != 0) ++done;  // one that is gone already, or stays until the next walk
    }
    keys.clear();
}

class Walk {
public:
    Walk(const Maps& maps, const WalkOptions& options, const FlowJudge& judge)
        : maps_{maps}, options_{options}, judge_{judge} {
        report.capacity = options.capacity;
    }

    FlowReport report;

    void look_at(const lb_flow& key, const lb_flow_entry& entry) {
        const auto seen = sighting(key, entry);
        const auto fate = judge_(seen);
        if (fate == FlowFate::removed) return gone_.push_back(key);
        if (fate == FlowFate::expired) return expired_.push_back({key, entry});
        count(seen);
        if (fate == FlowFate::foreign) report.foreign.insert(entry.slot);
    }

    void sweep() {
        report.removed += static_cast<std::uint32_t>(gone_.size());
        remove(maps_.flows, gone_);
        for (const auto& [key, entry] : expired_)
            expire(key, entry);
        expired_.clear();
    }

private:
    void count(const FlowSighting& seen) {
        ++report.entries;
        ++report.by_kind.at(seen.kind);
        ++report.by_backend[seen.index];
    }

    /// A client may use its port again just now: its SYN was led by this entry, and what follows
    /// would go elsewhere without it.  So it is taken out and looked at, and put back if it was
    /// used since it was read; between the two lie microseconds, less than a client's next packet.
    void expire(const lb_flow& key, const lb_flow_entry& read) {
        lb_flow_entry entry{};
        if (bpf_map_lookup_and_delete_elem(maps_.flows, &key, &entry) != 0) return;  // it is gone
        if (entry.word == read.word && entry.seen == read.seen) {
            ++report.removed;
            return;
        }
        if (bpf_map_update_elem(maps_.flows, &key, &entry, BPF_NOEXIST) != 0) return;
        count(sighting(key, entry));
        report.foreign.insert(entry.slot);  // the next walk knows better
    }

    FlowSighting sighting(const lb_flow& key, const lb_flow_entry& entry) const {
        FlowSighting seen;
        auto flow = key;
        std::fill(std::begin(flow.vip), std::end(flow.vip), std::uint8_t{0});
        const auto kind = entry.word >> LB_FLOW_KIND_SHIFT;
        const auto tag = entry.word >> LB_FLOW_TAG_SHIFT & 0xffff;
        seen.intact = kind >= LB_FLOW_HALF_OPEN && kind <= LB_FLOW_DATAGRAM &&
                      tag == lb_hash(&flow, &maps_.settings[0].keys) >> 48;
        seen.kind = seen.intact ? static_cast<lb_flow_kind>(kind) : LB_FLOW_SEEN;
        seen.index = static_cast<std::uint32_t>(entry.word & LB_SLOT_INDEX_MASK);
        seen.birth =
            static_cast<std::uint32_t>(entry.word >> LB_FLOW_BIRTH_SHIFT & LB_BACKEND_BIRTH_MASK);
        seen.idle_seconds = now_ > entry.seen ? now_ - entry.seen : 0;
        seen.fill_percent = options_.fill_percent;
        seen.slot = stable_slot(LB_SLOT_NONE);
        if (const auto* range = range_at(entry.slot)) {
            const auto vip = VipWord::of(load(maps_.vips[range->vip].word));
            seen.slot = load(maps_.slots[entry.slot + vip.half * range->size]);
            seen.tracks_always = (vip.flags & LB_VIP_TRACK) != 0;
        }
        if (seen.index < maps_.backends.size()) {
            const auto word = load(maps_.backends[seen.index].word);
            seen.current_birth = birth_of(word);
            seen.state = state_of(word);
        }
        return seen;
    }

    const Range* range_at(std::uint32_t place) const {
        auto after = std::upper_bound(
            options_.ranges.begin(), options_.ranges.end(), place,
            [](std::uint32_t wanted, const Range& range) { return wanted < range.base; });
        if (after == options_.ranges.begin()) return nullptr;
        const auto& range = *--after;
        return place - range.base < range.size ? &range : nullptr;
    }

    const Maps& maps_;
    const WalkOptions& options_;
    const FlowJudge& judge_;
    std::uint32_t now_ = seconds_now();
    std::vector<lb_flow> gone_;
    std::vector<std::pair<lb_flow, lb_flow_entry>> expired_;
};

}  // namespace

std::vector<Range> ranges_of(const Layout& layout) {
    std::vector<Range> ranges;
    for (const auto& [key, vip] : layout.vips)
        ranges.push_back({vip.base, vip.size, vip.number});
    std::sort(ranges.begin(), ranges.end(),
              [](const Range& a, const Range& b) { return a.base < b.base; });
    return ranges;
}

Result<FlowReport> walk_flows(const Maps& maps, const WalkOptions& options,
                              const FlowJudge& judge) {
    const auto began = std::chrono::steady_clock::now();
    Walk walk{maps, options, judge};
    for (Batches batch{maps.flows};;) {
        const auto more = batch.next();
        if (!more) return more.error();
        for (std::uint32_t i = 0; i < batch.count; ++i)
            walk.look_at(batch.keys[i], batch.entries[i]);
        walk.sweep();
        if (!*more) break;
    }
    walk.report.took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
    return walk.report;
}

FlowCounts flow_counts(const Maps& maps, std::uint32_t vip) {
    FlowCounts sum;
    for (const auto& cpu : per_cpu<lb_flow_counts>(maps.vip_flows, vip)) {
        sum.inserted += cpu.inserted;
        sum.refused += cpu.refused;
        sum.rerouted += cpu.rerouted;
    }
    return sum;
}

}  // namespace lb::dataplane
