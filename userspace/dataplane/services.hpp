// SPDX-License-Identifier: Apache-2.0
/// Services: which vip serves what at which address, as the words of `services` (bpf/abi.h).
#pragma once

#include <map>
#include <vector>

#include "base/first_fit.hpp"
#include "base/result.hpp"
#include "dataplane/map.hpp"

namespace lb::dataplane {

/// What is served at each address: one word a service, sorted.
using Services = std::map<Address, std::vector<std::uint64_t>>;

Services services_of(const Tables& tables);
/// As in the maps.  Errors: words that point outside of them.
Result<Services> read_services(const Maps& maps, const AddressNumbers& numbers);

/// The service behind one of its words.
VipKey key_of(const Address& address, std::uint64_t word);
std::uint32_t vip_of(std::uint64_t word);

/// Which of them it is, as bpf/services.h has it; LB_VIP_NONE: none.
std::uint32_t find_service(const std::vector<std::uint64_t>& words, Protocol protocol,
                           std::uint16_t port);

/// Where another address and its list may go.
///
/// Invariant: gives out nothing that `numbers` or a word of the maps named when it was made.
/// What is named no more is free for the next one, a grace period later.
class ServicePlaces {
public:
    ServicePlaces(const Maps& maps, const AddressNumbers& numbers);

    /// For an address that has none.
    Result<std::uint32_t> number();
    /// The word that an address needs for `words`; several are in the maps by then.
    Result<std::uint64_t> place(Maps& maps, const std::vector<std::uint64_t>& words);

private:
    FirstFit numbers_, lists_;
};

}  // namespace lb::dataplane
