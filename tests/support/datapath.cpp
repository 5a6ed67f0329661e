// SPDX-License-Identifier: Apache-2.0
#include "support/datapath.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <random>
#include <stdexcept>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>

#include "bpf/note.h"
#include "lb.skel.h"

void PrintTo(lb_verdict verdict, std::ostream* out) {
    switch (verdict) {
        case LB_NEXT:
            *out << "none, or several";
            return;
#define LB_CASE(name, text) \
    case name:              \
        *out << #name;      \
        return;
            LB_VERDICTS(LB_CASE)
#undef LB_CASE
        case LB_VERDICT_COUNT:
            break;
    }
    *out << static_cast<int>(verdict);
}

namespace lb::test {
namespace {

constexpr std::uint32_t kMaxVips = 64, kMaxBackends = 64, kMaxSlots = 1 << 18;

template <class Value>
std::span<Value> map_memory(bpf_map* map) {
    const std::size_t count = bpf_map__max_entries(map);
    void* memory = mmap(nullptr, count * sizeof(Value), PROT_READ | PROT_WRITE, MAP_SHARED,
                        bpf_map__fd(map), 0);
    if (memory == MAP_FAILED)
        throw std::runtime_error(std::string{"mmap "} + bpf_map__name(map) + ": " +
                                 std::strerror(errno));
    return {static_cast<Value*>(memory), count};
}

template <class Value>
void unmap(std::span<Value> memory) {
    if (!memory.empty()) munmap(memory.data(), memory.size_bytes());
}

/// The values of one element on all CPUs.
template <class Value>
std::vector<Value> per_cpu(bpf_map* map, std::uint32_t key) {
    std::vector<Value> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
    if (bpf_map_lookup_elem(bpf_map__fd(map), &key, values.data()) < 0)
        throw std::runtime_error(std::string{"read "} + bpf_map__name(map));
    return values;
}

lb_count total(bpf_map* map, std::uint32_t key) {
    lb_count sum{};
    for (const auto& count : per_cpu<lb_count>(map, key)) {
        sum.packets += count.packets;
        sum.bytes += count.bytes;
    }
    return sum;
}

lb_egress egress_entry(std::uint16_t egress, std::uint32_t ifindex) {
    lb_egress entry{};
    entry.ifindex = ifindex;
    entry.mtu = kMtu;
    std::ranges::copy(egress_mac(egress), entry.mac);
    std::copy_n(address(kNode4).bytes.begin() + 12, 4, entry.source4);
    std::ranges::copy(address(kNode6).bytes, entry.source6);
    return entry;
}

}  // namespace

Mac egress_mac(std::uint16_t egress) {
    return {0x02, 0, 0, 0, 0x0e, static_cast<std::uint8_t>(egress)};
}

Mac backend_mac(std::uint32_t backend) {
    return {0x02, 0, 0, 0, 0xbe, static_cast<std::uint8_t>(backend)};
}

std::uint64_t nexthop(const Mac& mac, std::uint16_t egress) {
    std::uint64_t word = std::uint64_t{egress} << LB_NEXTHOP_EGRESS_SHIFT;
    std::memcpy(&word, mac.data(), mac.size());
    return word;
}

lb_vip_key vip_key(std::string_view vip) {
    lb_vip_key key{};
    const auto slash = vip.find('/');
    if (slash == std::string_view::npos) {
        std::ranges::copy(address(vip).bytes, key.address);
        return key;
    }
    const Endpoint at = endpoint(vip.substr(0, slash));
    std::ranges::copy(at.address.bytes, key.address);
    key.port_be = htons(at.port);
    key.protocol = vip.substr(slash) == "/tcp" ? IPPROTO_TCP : IPPROTO_UDP;
    return key;
}

Datapath::Datapath() : skeleton_{lb_bpf__open(), &lb_bpf__destroy} {
    if (!skeleton_) throw std::runtime_error("open lb.bpf.o");
    auto& maps = skeleton_->maps;
    bpf_map__set_max_entries(maps.vip_index, 2 * kMaxVips);
    bpf_map__set_max_entries(maps.vips, kMaxVips);
    bpf_map__set_max_entries(maps.vip_counts, kMaxVips);
    bpf_map__set_max_entries(maps.slots, kMaxSlots);
    bpf_map__set_max_entries(maps.backends, kMaxBackends);
    bpf_map__set_max_entries(maps.backend_counts, kMaxBackends);
    if (const int error = lb_bpf__load(skeleton_.get()); error < 0)
        throw std::runtime_error(std::string{"load lb.bpf.o: "} + std::strerror(-error));
    vips_ = map_memory<lb_vip>(maps.vips);
    slots_ = map_memory<std::uint64_t>(maps.slots);
    backends_ = map_memory<lb_backend>(maps.backends);
    egresses_ = map_memory<lb_egress>(maps.egresses);
    settings_ = map_memory<lb_settings>(maps.settings);
    egresses_[kHere] = egress_entry(kHere, kTestInterface);
    egresses_[kElsewhere] = egress_entry(kElsewhere, kTestInterface + 1);
    std::mt19937_64 keys{20};
    settings_[0].final_key = keys();
    for (auto& key : settings_[0].hash_key)
        key = static_cast<std::uint32_t>(keys());
    for (auto& budget : settings_[0].budget)
        budget = 1'000'000;
    dirty_ = std::make_unique<DirtyHeadroom>(program());
}

Datapath::~Datapath() {
    unmap(vips_);
    unmap(slots_);
    unmap(backends_);
    unmap(egresses_);
    unmap(settings_);
}

int Datapath::program() const {
    return bpf_program__fd(skeleton_->progs.lbd);
}

void Datapath::index(std::string_view vip, std::uint32_t number) {
    const auto key = vip_key(vip);
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.vip_index), &key, &number, BPF_ANY) < 0)
        throw std::runtime_error(std::string{"index "} + std::string{vip});
}

std::uint32_t Datapath::add_backend(const std::string& text, lb_forward_mode forward) {
    const std::uint32_t number = backend_count_++;
    auto& backend = backends_[number];
    std::ranges::copy(address(text).bytes, backend.address);
    backend.nexthop = nexthop(backend_mac(number), kHere);
    backend.word = LB_BACKEND_READY | std::uint64_t{forward} << LB_BACKEND_FORWARD_SHIFT |
                   1ull << LB_BACKEND_BIRTH_SHIFT;
    return number;
}

std::uint32_t Datapath::serve(std::string_view vip, const std::vector<std::string>& backends,
                              lb_forward_mode forward, std::uint32_t slots) {
    std::vector<std::uint32_t> numbers;
    for (const auto& text : backends)
        numbers.push_back(add_backend(text, forward));
    const std::uint32_t base = slot_count_;
    slot_count_ += 2 * slots;  // two halves; the second stays 0
    for (std::uint32_t i = 0; i < slots; ++i)
        slots_[base + i] = numbers.empty() ? LB_SLOT_NONE : numbers[i % numbers.size()];
    const std::uint32_t number = vip_count_++;
    vips_[number].word = base | std::uint64_t{slots} << LB_VIP_SIZE_SHIFT;
    index(vip, number);
    index(endpoint(vip.substr(0, vip.find('/'))).address.text(), LB_VIP_NONE);
    return number;
}

template <class Runner>
Outcome Datapath::judge(Runner run_frame) {
    const auto before = verdicts();
    Run result = run_frame();
    const auto after = verdicts();
    Outcome outcome{result.action, std::move(result.packet), LB_NEXT};
    std::uint64_t seen = 0;
    for (int i = 0; i < LB_VERDICT_COUNT; ++i) {
        const auto grown = after.packets[i] - before.packets[i];
        seen += grown;
        if (grown == 1) outcome.verdict = static_cast<lb_verdict>(i);
    }
    if (seen != 1) outcome.verdict = LB_NEXT;
    return outcome;
}

Outcome Datapath::receive(const Frame& frame) {
    return judge([&] { return run(program(), frame); });
}

Outcome Datapath::receive_dirty(const Frame& frame, std::uint8_t filling) {
    return judge([&] { return dirty_->run(frame, filling); });
}

Frame Datapath::expected(const Packet& in, std::uint32_t number, std::uint16_t egress) const {
    const auto& backend = backends_[number];
    const auto later = in.aged().between(egress_mac(egress), backend_mac(number));
    const auto mode = backend.word >> LB_BACKEND_FORWARD_SHIFT & LB_BACKEND_FORWARD_MASK;
    if (mode == LB_FORWARD_L2) return later.frame();
    Address to;
    std::ranges::copy(backend.address, to.bytes.begin());
    const auto from = address(to.is_v4() ? kNode4 : kNode6);
    const auto low = static_cast<std::uint32_t>(hash(in) & 0xfffff);
    const auto label = low == 0 ? 1 : low;
    if (mode == LB_FORWARD_IPIP) return later.inside_ipip(from, to, label).frame();
    const auto port = static_cast<std::uint16_t>(0x8000 | low);
    return later.inside_gue({from, port}, to, label).frame();
}

std::uint64_t Datapath::hash(const Packet& packet) const {
    lb_flow flow{};
    std::ranges::copy(packet.source.address.bytes, flow.source);
    std::ranges::copy(packet.destination.address.bytes, flow.destination);
    flow.source_port_be = htons(packet.source.port);
    flow.destination_port_be = htons(packet.destination.port);
    flow.protocol = packet.protocol;
    return lb_hash(&flow, settings_.data());
}

std::uint64_t& Datapath::slot_of(const Packet& packet, std::uint32_t vip) {
    const std::uint64_t word = vips_[vip].word;
    const auto size = static_cast<std::uint32_t>(word >> LB_VIP_SIZE_SHIFT & LB_VIP_SIZE_MASK);
    const auto base = static_cast<std::uint32_t>(word);
    return slots_[base + (word >> LB_VIP_HALF_SHIFT & 1) * size + lb_position(hash(packet), size)];
}

template <class Change>
void Datapath::change_notes(Change change) {
    const int map = bpf_map__fd(skeleton_->maps.notes);
    for (std::uint32_t i = 0; i < LB_NOTES; ++i) {
        lb_note note;
        if (bpf_map_lookup_elem(map, &i, &note) < 0) throw std::runtime_error("read a note");
        if (note.version == 0) continue;
        change(note);
        bpf_map_update_elem(map, &i, &note, BPF_ANY);
    }
}

void Datapath::age_notes(std::uint32_t seconds) {
    change_notes([=](lb_note& note) { note.second -= seconds; });
}

void Datapath::touch_notes(std::uint32_t by) {
    change_notes([=](lb_note& note) { note.version += by; });
}

lb_verdict_counts Datapath::verdicts() const {
    lb_verdict_counts sum{};
    for (const auto& counts : per_cpu<lb_verdict_counts>(skeleton_->maps.verdicts, 0))
        for (int i = 0; i < LB_VERDICT_COUNT; ++i)
            sum.packets[i] += counts.packets[i];
    return sum;
}

lb_count Datapath::vip_count(std::uint32_t vip) const {
    return total(skeleton_->maps.vip_counts, vip);
}

lb_count Datapath::backend_count(std::uint32_t backend) const {
    return total(skeleton_->maps.backend_counts, backend);
}

}  // namespace lb::test
