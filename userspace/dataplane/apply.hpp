// SPDX-License-Identifier: Apache-2.0
/// Apply: one generation of tables into the maps, in the order that no packet can fall through.
///
///     new backends, READY where it is new -> per vip: idle half, then its word (the flip)
///     -> services: what is new or gone -> DRAIN, OFF -> addresses: what is gone -> read back
///
/// A backend that leaves stays in its place and drains; Dataplane::walk_flows() retires it.
///
/// Each word is one store, so a packet sees one generation of its vip.  A step that fails undoes
/// the ones before it in reverse.  Either way what packets may still look at is left for bury().
#pragma once

#include <functional>
#include <vector>

#include "base/result.hpp"
#include "dataplane/layout.hpp"
#include "dataplane/map.hpp"
#include "dataplane/neighbours.hpp"
#include "dataplane/services.hpp"

namespace lb::dataplane {

class Apply {
public:
    /// `layout` says what is in the maps; it is brought up to date on success.
    Apply(Maps& maps, Layout& layout, Neighbours& neighbours, const Tables& tables)
        : maps_{maps}, layout_{layout}, neighbours_{neighbours}, tables_{tables} {}

    /// All of the tables, or an error and the maps decide as before.
    Result<> run();
    /// To be buried after a grace period, also after an error.
    const Retired& retired() const { return retired_; }
    /// Did packets get to see anything?
    bool has_written() const { return !undo_.empty(); }

private:
    Result<> write_all();
    Result<> add_backends();
    void change_states(bool up);
    Result<> write_vip(const VipEntry& vip);
    Result<std::uint32_t> write_sources(const VipEntry& vip, const Layout::Vip* known);
    void retire_vip(const Layout::Vip& vip, bool is_kept);
    void retire_sources(std::uint32_t list, const SourceList& entries);
    Result<> write_services(const AddressNumbers& numbers, const Services& wanted);
    Result<> write_address(const Address& address, std::uint32_t number, std::uint64_t word);
    void remove_addresses(const AddressNumbers& numbers, const Services& wanted);
    void let_backends_leave();
    void retire_removed_vips();
    Result<> compare() const;
    void restore(const BackendEntry& entry);
    void restore_settings();
    void restore_keys(lb_vip& vip);
    void store_undoably(__u64& word, std::uint64_t value);
    Error undone(const Error& error);
    void remember();

    Maps& maps_;
    Layout& layout_;
    Neighbours& neighbours_;
    const Tables& tables_;
    SourceLists lists_;  // as they are in the maps before
    Retired retired_;
    std::vector<std::function<Result<>()>> undo_;
};

}  // namespace lb::dataplane
