// SPDX-License-Identifier: Apache-2.0
#include "support/datapath.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <ostream>
#include <random>
#include <stdexcept>

#include <arpa/inet.h>
#include <bpf/libbpf.h>

#include "bpf/chain.h"
#include "bpf/note.h"
#include "host/features.hpp"
#include "lb.skel.h"
#include "support/maps.hpp"

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

constexpr std::uint32_t kMaxVips = 64, kMaxBackends = 64, kMaxSlots = 1 << 18, kMaxLists = 1 << 16;

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

/// "192.0.2.10:80/tcp" or ":8000-8100/tcp" or ":any/tcp": its address, and the word of abi.h with
/// vip 0.
std::pair<Address, std::uint64_t> service_of(std::string_view vip) {
    const auto slash = vip.find('/'), colon = vip.substr(0, slash).rfind(':');
    const std::string at{vip.substr(0, colon)}, ports{vip.substr(colon + 1, slash - colon - 1)};
    std::uint64_t first = 0, last = 0xffff;
    if (ports != "any") {
        first = last = std::stoul(ports);
        if (const auto dash = ports.find('-'); dash != ports.npos)
            last = std::stoul(ports.substr(dash + 1));
    }
    const std::uint64_t protocol = vip.substr(slash) == "/tcp" ? IPPROTO_TCP : IPPROTO_UDP;
    return {endpoint(at + ":1").address, protocol << LB_SERVICE_PROTOCOL_SHIFT |
                                             first << LB_SERVICE_FIRST_SHIFT |
                                             last << LB_SERVICE_LAST_SHIFT};
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

Datapath::Datapath(std::uint32_t flows) : skeleton_{lb_bpf__open(), &lb_bpf__destroy} {
    if (!skeleton_) throw std::runtime_error("open lb.bpf.o");
    auto& maps = skeleton_->maps;
    bpf_map__set_max_entries(maps.addresses, kMaxVips);
    bpf_map__set_max_entries(maps.services, kMaxLists);
    bpf_map__set_max_entries(maps.vips, kMaxVips);
    bpf_map__set_max_entries(maps.vip_counts, kMaxVips);
    bpf_map__set_max_entries(maps.slots, kMaxSlots);
    bpf_map__set_max_entries(maps.backends, kMaxBackends);
    bpf_map__set_max_entries(maps.backend_counts, kMaxBackends);
    bpf_map__set_max_entries(maps.backend_witness, kMaxBackends);
    bpf_map__set_max_entries(maps.new_flows, kMaxBackends);
    bpf_map__set_max_entries(maps.flows, flows);
    host::allow_pieces(skeleton_->progs.lbd);
    if (const int error = lb_bpf__load(skeleton_.get()); error < 0)
        throw std::runtime_error(std::string{"load lb.bpf.o: "} + std::strerror(-error));
    address_chains_ = map_memory<std::uint64_t>(maps.address_chains);
    addresses_ = map_memory<lb_address>(maps.addresses);
    services_ = map_memory<std::uint64_t>(maps.services);
    vips_ = map_memory<lb_vip>(maps.vips);
    slots_ = map_memory<std::uint64_t>(maps.slots);
    backends_ = map_memory<lb_backend>(maps.backends);
    egresses_ = map_memory<lb_egress>(maps.egresses);
    settings_ = map_memory<lb_settings>(maps.settings);
    egresses_[kHere] = egress_entry(kHere, kTestInterface);
    egresses_[kElsewhere] = egress_entry(kElsewhere, kTestInterface + 1);
    std::mt19937_64 keys{20};
    settings_[0].keys.last = keys();
    for (auto& key : settings_[0].keys.word)
        key = static_cast<std::uint32_t>(keys());
    for (auto& vip : vips_)
        vip.keys = settings_[0].keys;
    for (auto& budget : settings_[0].budget)
        budget = 1'000'000;
    dirty_ = std::make_unique<DirtyHeadroom>(program());
}

Datapath::~Datapath() {
    unmap(address_chains_);
    unmap(addresses_);
    unmap(services_);
    unmap(vips_);
    unmap(slots_);
    unmap(backends_);
    unmap(egresses_);
    unmap(settings_);
}

const bpf_object* Datapath::object() const {
    return skeleton_->obj;
}

int Datapath::program() const {
    return bpf_program__fd(skeleton_->progs.lbd);
}

std::span<const bpf_insn> Datapath::instructions() const {
    const auto* program = skeleton_->progs.lbd;
    return {bpf_program__insns(program), bpf_program__insn_cnt(program)};
}

lb_address& Datapath::address_element(std::string_view text) {
    const auto wanted = address(text);
    for (auto& element : addresses_)
        if (std::ranges::equal(element.address, wanted.bytes)) return element;
    throw std::runtime_error("no vip at " + std::string{text});
}

void Datapath::flag(std::string_view text, std::uint64_t flags) {
    auto& word = address_element(text).services;
    word = (word & ~(0xffull << LB_SERVICE_FLAGS_SHIFT)) | flags << LB_SERVICE_FLAGS_SHIFT;
}

void Datapath::vip_flags(std::uint32_t vip, std::uint64_t flags) {
    auto& word = vips_[vip].word;
    word = (word & ((1ull << LB_VIP_FLAGS_SHIFT) - 1)) | flags << LB_VIP_FLAGS_SHIFT;
}

void Datapath::source(std::uint32_t list, std::string_view text, bool may_come) {
    const auto prefix = text == "::/0" ? Prefix{} : Prefix::parse(text).value();
    lb_source_key key{LB_SOURCE_PREFIX + std::uint32_t{prefix.length}, list, {}};
    std::ranges::copy(prefix.address.bytes, key.address);
    const std::uint32_t verdict = may_come ? LB_SOURCE_ALLOW : LB_SOURCE_DENY;
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.sources), &key, &verdict, BPF_ANY) < 0)
        throw std::runtime_error("source " + std::string{text});
}

std::uint64_t& Datapath::chain_of(std::string_view text) {
    alignas(8) std::uint8_t bytes[16];
    std::ranges::copy(address(text).bytes, bytes);
    return address_chains_[lb_chain_of(bytes)];
}

lb_address& Datapath::add_address(const Address& address) {
    const auto number = address_count_++;
    auto& element = addresses_[number];
    auto& first = chain_of(address.text());
    std::ranges::copy(address.bytes, element.address);
    element.next = first;
    first = std::uint64_t{number} + 1;
    return element;
}

void Datapath::index(std::string_view vip, std::uint32_t number) {
    const auto [at, service] = service_of(vip);
    const bool is_new = !words_.contains(at);
    auto& words = words_[at];
    std::erase_if(words, [&, same = service](auto old) {
        return ((old ^ same) & ~LB_SERVICE_VIP_MASK) == 0;
    });
    words.insert(service | (number & LB_SERVICE_VIP_MASK));
    std::uint64_t word = *words.begin();
    if (words.size() > 1) {
        const auto begin = list_count_;
        list_count_ += static_cast<std::uint32_t>(words.size());
        std::ranges::copy(words, services_.begin() + begin);
        word = std::uint64_t{begin} << LB_SERVICES_BEGIN_SHIFT | words.size();
    }
    auto& element = is_new ? add_address(at) : address_element(at.text());
    element.services = word;
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
    return number;
}

template <class Runner>
Outcome Datapath::judge(Runner run_frame) {
    const auto before = verdicts();
    Run result = run_frame();
    const auto verdict = the_one_counted(before, verdicts());
    return {result.action, std::move(result.packet),
            verdict ? static_cast<lb_verdict>(*verdict) : LB_NEXT};
}

Outcome Datapath::receive(const Frame& frame) {
    return judge([&] { return run(program(), frame); });
}

Outcome Datapath::receive_dirty(const Frame& frame, std::uint8_t filling) {
    return judge([&] { return dirty_->run(frame, filling); });
}

Frame Datapath::expected(const Packet& in, std::uint32_t number, std::uint16_t egress,
                         const Packet& flow) const {
    const auto& backend = backends_[number];
    const auto later = in.aged().between(egress_mac(egress), backend_mac(number));
    const auto mode = backend.word >> LB_BACKEND_FORWARD_SHIFT & LB_BACKEND_FORWARD_MASK;
    if (mode == LB_FORWARD_L2) return later.frame();
    Address to;
    std::ranges::copy(backend.address, to.bytes.begin());
    const auto from = address(to.is_v4() ? kNode4 : kNode6);
    const auto low = static_cast<std::uint32_t>(hash(flow) & 0xfffff);
    const auto label = low == 0 ? 1 : low;
    if (mode == LB_FORWARD_IPIP) return later.inside_ipip(from, to, label).frame();
    const auto port = static_cast<std::uint16_t>(0x8000 | low);
    return later.inside_gue({from, port}, to, label).frame();
}

namespace {

lb_flow flow_of(const Packet& packet) {
    lb_flow flow{};
    std::ranges::copy(packet.source.address.bytes, flow.source);
    std::ranges::copy(packet.destination.address.bytes, flow.destination);
    flow.source_port_be = htons(packet.source.port);
    flow.destination_port_be = htons(packet.destination.port);
    flow.protocol = packet.protocol;
    return flow;
}

}  // namespace

std::uint64_t Datapath::hash(const Packet& packet) const {
    const auto flow = flow_of(packet);
    return lb_hash(&flow, &settings_[0].keys);
}

std::optional<lb_flow_entry> Datapath::flow_entry(const Packet& packet) const {
    const auto flow = flow_of(packet);
    lb_flow_entry entry{};
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.flows), &flow, &entry) < 0)
        return std::nullopt;
    return entry;
}

void Datapath::set_flow_entry(const Packet& packet, const lb_flow_entry& entry) {
    const auto flow = flow_of(packet);
    if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.flows), &flow, &entry, BPF_EXIST) < 0)
        throw std::runtime_error("no such flow entry");
}

lb_flow_counts Datapath::flow_counts(std::uint32_t vip) const {
    lb_flow_counts sum{};
    for (const auto& counts : per_cpu<lb_flow_counts>(skeleton_->maps.vip_flows, vip)) {
        sum.inserted += counts.inserted;
        sum.refused += counts.refused;
        sum.rerouted += counts.rerouted;
    }
    return sum;
}

std::uint32_t Datapath::handshake_place(const Packet& packet) const {
    const auto flow = flow_of(packet);
    std::uint32_t ports = 0;
    std::memcpy(&ports, &flow.source_port_be, sizeof(ports));
    const auto tag = hash(packet) + ports * 0x9e3779b97f4a7c15ull;
    return tag >> 32 & (LB_HANDSHAKES - 1);
}

void Datapath::age_handshakes(std::uint64_t nanoseconds) {
    const int map = bpf_map__fd(skeleton_->maps.handshakes);
    for (std::uint32_t i = 0; i < LB_HANDSHAKES; ++i) {
        lb_handshake handshake;
        if (bpf_map_lookup_elem(map, &i, &handshake) < 0)
            throw std::runtime_error("read a handshake");
        if (handshake.began == 0) continue;
        handshake.began -= nanoseconds;
        bpf_map_update_elem(map, &i, &handshake, BPF_ANY);
    }
}

lb_witness_counts Datapath::witness_counts(std::uint32_t backend) const {
    lb_witness_counts sum{};
    for (const auto& counts :
         per_cpu<lb_witness_counts>(skeleton_->maps.backend_witness, backend)) {
        sum.samples += counts.samples;
        sum.completed += counts.completed;
        sum.latency += counts.latency;
    }
    return sum;
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
    return all_packets<lb_verdict_counts>(skeleton_->maps.verdicts);
}

lb_count Datapath::vip_count(std::uint32_t vip) const {
    return total(skeleton_->maps.vip_counts, vip);
}

lb_count Datapath::backend_count(std::uint32_t backend) const {
    return total(skeleton_->maps.backend_counts, backend);
}

std::uint64_t Datapath::new_flows(std::uint32_t backend) const {
    const auto counts = per_cpu<std::uint64_t>(skeleton_->maps.new_flows, backend);
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace lb::test
