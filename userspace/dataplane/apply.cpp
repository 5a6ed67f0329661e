// SPDX-License-Identifier: Apache-2.0
#include "dataplane/apply.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include "dataplane/compare.hpp"
#include "dataplane/counters.hpp"

namespace lb::dataplane {
namespace {

std::string name_of(const VipEntry& vip) {
    return "vip " + vip.name;
}

}  // namespace

Result<> Apply::run() {
    if (const auto done = fits(tables_, layout_); !done) return done.error();
    auto& meta = maps_.meta[0];
    store(meta.applying, tables_.generation);
    if (const auto done = write_all(); !done) {
        const auto error = undone(done.error());
        store(meta.applying, 0);
        return error;
    }
    store(meta.generation, tables_.generation);
    store(meta.applying, 0);
    remember();
    return {};
}

Result<> Apply::write_all() {
    const auto numbers = maps_.addresses.all();
    if (!numbers) return numbers.error();
    const auto wanted = services_of(tables_);
    auto lists = read_sources(maps_, tables_);
    if (!lists) return lists.error();
    lists_ = std::move(*lists);
    restore_settings();
    if (const auto done = add_backends(); !done) return done.error();
    change_states(true);
    for (const auto& vip : tables_.vips)
        if (const auto done = write_vip(vip); !done) return done.error().in(name_of(vip));
    if (const auto done = write_services(*numbers, wanted); !done) return done.error();
    change_states(false);
    remove_addresses(*numbers, wanted);
    let_backends_leave();
    if (const auto done = compare(); !done) return done.error();
    retire_removed_vips();
    return {};
}

// ------------------------------------------------------------------------------------- the steps

Result<> Apply::add_backends() {
    std::vector<std::uint32_t> all;
    for (const auto& entry : tables_.backends) {
        all.push_back(entry.index);
        if (layout_.backends.contains(entry.identity)) {
            restore(entry);
            continue;
        }
        if (const auto done = clear_backend_counts(maps_, entry.index); !done) return done.error();
        auto& backend = maps_.backends[entry.index];
        std::memcpy(backend.address, entry.address.bytes.data(), sizeof(backend.address));
        backend.identity = entry.identity;
        backend.health = static_cast<std::uint64_t>(entry.health);
        store(backend.word, word_of(entry));
        undo_.push_back([this, index = entry.index]() -> Result<> {
            retired_.backends.push_back(index);
            return {};
        });
    }
    neighbours_.follow(all);  // those that were adopted are new to it, too
    neighbours_.restore(all);
    return {};
}

/// What never changes in an entry that we know, should somebody else have changed it.
void Apply::restore(const BackendEntry& entry) {
    auto& backend = maps_.backends[entry.index];
    if (address_of(backend.address) != entry.address)
        std::memcpy(backend.address, entry.address.bytes.data(), sizeof(backend.address));
    store_undoably(backend.identity, entry.identity);
    store_undoably(backend.word, with_state(word_of(entry), state_of(backend.word)));
}

/// They are written once, when the maps are made.
void Apply::restore_settings() {
    auto& settings = maps_.settings[0];
    if (std::memcmp(&settings, &maps_.intended_settings, sizeof(settings)) != 0)
        settings = maps_.intended_settings;
}

void Apply::restore_keys(lb_vip& vip) {
    const auto& keys = maps_.intended_settings.keys;
    if (std::memcmp(&vip.keys, &keys, sizeof(keys)) != 0) vip.keys = keys;
}

/// READY before slots move in, less than that after they moved away.
void Apply::change_states(bool up) {
    for (const auto& entry : tables_.backends) {
        auto& backend = maps_.backends[entry.index];
        const auto old = state_of(backend.word);
        if (up ? entry.state > old : entry.state < old)
            store_undoably(backend.word, with_state(backend.word, entry.state));
        store_undoably(backend.drain_until, entry.drain_until);
        store_undoably(backend.health, static_cast<std::uint64_t>(entry.health));
    }
}

Result<> Apply::write_vip(const VipEntry& vip) {
    auto& word = maps_.vips[vip.number].word;
    restore_keys(maps_.vips[vip.number]);
    const auto known = layout_.vips.find(vip.key);
    const bool is_known = known != layout_.vips.end();
    const auto listed = write_sources(vip, is_known ? &known->second : nullptr);
    if (!listed) return listed.error();
    VipWord now{vip.base, vip.size, 0, vip.flags | *listed};
    bool holds_slots = false;
    if (!is_known) {
        if (const auto done = clear_vip_count(maps_, vip.number); !done) return done.error();
        undo_.push_back([this, number = vip.number]() -> Result<> {
            retired_.vips.push_back(number);
            return {};
        });
    } else if (known->second.base == vip.base && known->second.size == vip.size) {
        now.half = VipWord::of(word).half;
        holds_slots = holds(maps_.slots.part(now.active(), now.size), vip.slots);
        if (!holds_slots) now.half = 1 - now.half;
    }
    // Nobody reads this half: it was idle for a grace period, or never used.
    if (!holds_slots)
        std::copy(vip.slots.begin(), vip.slots.end(),
                  maps_.slots.part(now.active(), now.size).begin());
    store_undoably(maps_.vips[vip.number].moving_since, vip.moving_since);
    store_undoably(word, now.word());
    return {};
}

/// The flags that say which list counts.  Another one goes where no packet looks.
Result<std::uint32_t> Apply::write_sources(const VipEntry& vip, const Layout::Vip* known) {
    const std::uint32_t before = known ? known->flags & (LB_VIP_LISTED | LB_VIP_LIST) : 0;
    if (vip.sources.empty()) return 0;
    if (known && known->sources == vip.sources &&
        dataplane::holds(lists_, list_of(vip.number, before), vip.sources))
        return before;
    const std::uint32_t now =
        LB_VIP_LISTED | ((before & LB_VIP_LISTED) != 0 ? ~before & LB_VIP_LIST : 0);
    const auto list = list_of(vip.number, now);
    if (const auto found = lists_.find(list); found != lists_.end())  // debris
        for (const auto& [prefix, may_come] : found->second)
            if (const auto done = maps_.sources.erase(list, prefix); !done) return done.error();
    undo_.push_back([this, list, entries = vip.sources]() -> Result<> {
        retire_sources(list, entries);
        return {};
    });
    for (const auto& [prefix, may_come] : vip.sources)
        if (const auto done = maps_.sources.put(list, prefix, may_come); !done) return done.error();
    return now;
}

void Apply::retire_sources(std::uint32_t list, const SourceList& entries) {
    for (const auto& [prefix, may_come] : entries)
        retired_.sources.emplace_back(list, prefix);
}

/// One store an address: what is new there appears and what is gone disappears.
Result<> Apply::write_services(const AddressNumbers& numbers, const Services& wanted) {
    const auto before = read_services(maps_, numbers);
    if (!before) return before.error();
    ServicePlaces places{maps_, numbers};
    for (const auto& [address, words] : wanted) {
        const auto old = before->find(address);
        if (old != before->end() && old->second == words) continue;
        const auto word = places.place(maps_, words);
        if (!word) return word.error();
        if (old != before->end()) {
            store_undoably(maps_.addresses.services(numbers.at(address)), *word);
            continue;
        }
        const auto number = places.number();
        if (!number) return number.error();
        if (const auto done = write_address(address, *number, *word); !done) return done.error();
    }
    return {};
}

Result<> Apply::write_address(const Address& address, std::uint32_t number, std::uint64_t word) {
    if (const auto done = maps_.addresses.put(address, number, word); !done) return done.error();
    undo_.push_back([this, address]() -> Result<> {
        maps_.addresses.erase(address);
        return {};
    });
    return {};
}

void Apply::remove_addresses(const AddressNumbers& numbers, const Services& wanted) {
    for (const auto& [address, number] : numbers) {
        if (wanted.contains(address)) continue;
        maps_.addresses.erase(address);
        undo_.push_back(
            [this, back = address, its = number] { return maps_.addresses.put_back(back, its); });
    }
}

void Apply::let_backends_leave() {
    for (const auto& entry : tables_.leaving) {
        auto& backend = maps_.backends[entry.index];
        store_undoably(backend.drain_until, entry.drain_until);
        store_undoably(backend.word, with_state(backend.word, entry.state));
    }
}

void Apply::retire_removed_vips() {
    std::set<VipKey> kept;
    for (const auto& vip : tables_.vips)
        kept.insert(vip.key);
    for (const auto& [key, vip] : layout_.vips)
        retire_vip(vip, kept.contains(key));
}

void Apply::retire_vip(const Layout::Vip& vip, bool is_kept) {
    constexpr std::uint32_t list = LB_VIP_LISTED | LB_VIP_LIST;
    const auto now = VipWord::of(maps_.vips[vip.number].word).flags;
    if (!is_kept) retired_.vips.push_back(vip.number);
    if (!is_kept || (now & list) != (vip.flags & list))
        retire_sources(list_of(vip.number, vip.flags), vip.sources);
}

Result<> Apply::compare() const {
    const auto found = differences(maps_, tables_, neighbours_);
    if (!found) return found.error();
    if (!found->empty()) return Error{found->front() + ": reads back differently"};
    return {};
}

// ------------------------------------------------------------------------------ all, or nothing

void Apply::store_undoably(__u64& word, std::uint64_t value) {
    if (word == value) return;
    undo_.push_back([&word, old = word]() -> Result<> {
        store(word, old);
        return {};
    });
    store(word, value);
}

Error Apply::undone(const Error& error) {
    Error result = error;
    for (auto step = undo_.rbegin(); step != undo_.rend(); ++step)
        if (const auto done = (*step)(); !done)
            result.what += "; and undoing it failed: " + done.error().what;
    return result;
}

void Apply::remember() {
    layout_.generation = tables_.generation;
    for (const auto& entry : tables_.backends)
        layout_.backends[entry.identity] = {entry.index, entry.birth,       entry.health,
                                            entry.state, entry.drain_until, entry.drain_timeout};
    for (const auto& entry : tables_.leaving) {
        auto& known = layout_.backends.at(entry.identity);
        known.state = entry.state;
        known.drain_until = entry.drain_until;
    }
    for (const auto& vip : tables_.vips)
        layout_.vips[vip.key] = {vip.number,       vip.base,
                                 vip.size,         vip.slots,
                                 vip.moving_since, VipWord::of(maps_.vips[vip.number].word).flags,
                                 vip.sources};
}

}  // namespace lb::dataplane
