// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <capture.skel.h>
#include <lb.skel.h>

#include "base/loop.hpp"
#include "bpf/capture_abi.h"
#include "dataplane/object.hpp"
#include "dataplane/per_cpu.hpp"
#include "host/features.hpp"

namespace lb::dataplane {
namespace {

static_assert(kLargestSnap == LB_CAPTURE_SNAP);

/// Per CPU and window of 17 ms: 120 000 packets a second are copied, 2 000 sent to us.
constexpr std::uint32_t kLooks = 2048;
constexpr std::uint32_t kRecords = 32;

std::uint64_t nanoseconds(Clock::duration time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds{time}.count());
}

/// CLOCK_MONOTONIC to the time that people have.
WallTime wall_time(std::uint64_t monotonic_ns) {
    const auto ago = std::chrono::nanoseconds{Loop::now().time_since_epoch()} -
                     std::chrono::nanoseconds{monotonic_ns};
    return std::chrono::system_clock::now() -
           std::chrono::duration_cast<std::chrono::system_clock::duration>(ago);
}

std::vector<std::uint8_t> bytes(const std::uint8_t (&kept)[LB_CAPTURE_SNAP], std::uint32_t size) {
    return {kept, kept + std::min<std::uint32_t>(size, LB_CAPTURE_SNAP)};
}

CaptureRecord record_of(const lb_capture_record& raw) {
    return {wall_time(raw.time),
            raw.ingress,
            raw.egress,
            raw.verdict,
            raw.vip,
            raw.backend,
            raw.length,
            raw.length_after,
            bytes(raw.before, raw.kept),
            bytes(raw.after, raw.kept_after)};
}

/// A callback of libbpf.
int on_record(void* into, void* data, std::size_t size) noexcept {
    lb_capture_record raw{};
    if (size < sizeof raw) return 0;
    std::memcpy(&raw, data, sizeof raw);
    static_cast<std::vector<CaptureRecord>*>(into)->push_back(record_of(raw));
    return 0;
}

Result<> write_order(int map, const CaptureOrder& order) {
    lb_capture_order raw{};
    raw.verdicts = order.verdicts;
    raw.until = nanoseconds(Loop::now().time_since_epoch() + order.duration);
    raw.vip = order.vip.value_or(LB_VIP_NONE);
    raw.snap = order.snap;
    raw.packets = order.packets;
    raw.looks = kLooks;
    raw.records = kRecords;
    const std::uint32_t only = 0;
    if (bpf_map_update_elem(map, &only, &raw, BPF_ANY) != 0)
        return Error::from_errno("map 'capture_order': update", errno);
    return {};
}

struct Free {
    void operator()(capture_bpf* object) const { capture_bpf::destroy(object); }
    void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

}  // namespace

struct Capture::Inside {
    std::unique_ptr<capture_bpf, Free> object;
    std::vector<CaptureRecord> records;
    std::unique_ptr<ring_buffer, Free> ring;
};

Capture::Capture(std::unique_ptr<Inside> inside) : inside_{std::move(inside)} {}
Capture::~Capture() = default;

Result<std::unique_ptr<Capture>> Capture::load(const Loaded& live, const CaptureOrder& order) {
    VerifierLog log;
    const auto options = log.options();
    auto in = std::make_unique<Inside>();
    in->object.reset(capture_bpf::open(&options));
    if (!in->object) return Error::from_errno("open the capturing program", errno);
    bpf_program__set_autoload(in->object->progs.lbd, false);  // the plain one runs already
    if (const auto done = share_maps(in->object->obj, live.object->obj); !done) return done.error();
    host::allow_pieces(in->object->progs.lbd_capture);
    if (const int err = capture_bpf::load(in->object.get()); err != 0)
        return log.explained("load the capturing program", -err);
    const auto& maps = in->object->maps;
    in->ring.reset(
        ring_buffer__new(bpf_map__fd(maps.capture_ring), &on_record, &in->records, nullptr));
    if (!in->ring) return Error::from_errno("map 'capture_ring': read", errno);
    if (const auto done = write_order(bpf_map__fd(maps.capture_order), order); !done)
        return done.error();
    return std::unique_ptr<Capture>{new Capture{std::move(in)}};
}

int Capture::program() const {
    return bpf_program__fd(inside_->object->progs.lbd_capture);
}

std::vector<CaptureRecord> Capture::take() {
    (void)ring_buffer__consume(inside_->ring.get());
    return std::exchange(inside_->records, {});
}

CaptureLosses Capture::losses() const {
    CaptureLosses sum;
    const int map = bpf_map__fd(inside_->object->maps.capture_counts);
    for (const auto& counts : per_cpu<lb_capture_counts>(map, 0)) {
        sum.lost += counts.lost;
        sum.skipped += counts.skipped;
    }
    return sum;
}

}  // namespace lb::dataplane
