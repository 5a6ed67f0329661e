// SPDX-License-Identifier: Apache-2.0
/// Addresses: the address of a vip -> its number, as the packet program finds it (bpf/addresses.h).
#pragma once

#include <map>
#include <optional>

#include "base/address.hpp"
#include "dataplane/array.hpp"

namespace lb::dataplane {

using AddressNumbers = std::map<Address, std::uint32_t>;

/// Invariant: no chain is longer than LB_ADDRESS_CHAIN_LENGTH, and every element that a link leads
/// to holds an address of that chain.  Nobody else writes these maps.
class Addresses {
public:
    Addresses() = default;
    Addresses(Array<__u64> chains, Array<lb_address> elements)
        : chains_{std::move(chains)}, elements_{std::move(elements)} {}

    /// How many there may be.
    std::uint32_t size() const { return elements_.size(); }
    std::optional<std::uint32_t> find(const Address& address) const;
    /// Everything in it.  Errors: links that lead astray.
    Result<AddressNumbers> all() const;
    /// What is served at the address with this number (bpf/abi.h).
    __u64& services(std::uint32_t number) { return elements_[number].services; }
    const __u64& services(std::uint32_t number) const { return elements_[number].services; }

    /// An address that is not in it.  The number is free, and has been for a grace period.
    Result<> put(const Address& address, std::uint32_t number, std::uint64_t services);
    /// Packets that are on their way may find it for a grace period.
    void erase(const Address& address);
    /// Undoes `erase` within the grace period.
    Result<> put_back(const Address& address, std::uint32_t number);

private:
    Array<__u64> chains_;
    Array<lb_address> elements_;
};

}  // namespace lb::dataplane
