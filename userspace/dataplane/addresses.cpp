// SPDX-License-Identifier: Apache-2.0
#include "dataplane/addresses.hpp"

#include <cstring>

#include "bpf/chain.h"

namespace lb::dataplane {
namespace {

Address address_in(const lb_address& element) {
    Address address;
    std::memcpy(address.bytes.data(), element.address, sizeof(element.address));
    return address;
}

std::uint32_t chain_of(const Address& address) {
    alignas(8) std::uint8_t bytes[16];
    std::memcpy(bytes, address.bytes.data(), sizeof(bytes));
    return lb_chain_of(bytes);
}

/// The steps of one chain, from `first`.
class Walk {
public:
    Walk(const Array<lb_address>& elements, std::uint64_t first)
        : elements_{elements}, link_{first} {}

    bool ended() const { return link_ == 0; }
    /// It leads past the last element, or never ends.
    bool is_astray() const { return link_ > elements_.size() || steps_ == LB_ADDRESS_CHAIN_LENGTH; }
    std::uint32_t number() const { return static_cast<std::uint32_t>(link_ - 1); }
    std::uint32_t steps() const { return steps_; }
    void next() {
        link_ = load(elements_[number()].next);
        ++steps_;
    }

private:
    const Array<lb_address>& elements_;
    std::uint64_t link_;
    std::uint32_t steps_ = 0;
};

}  // namespace

std::optional<std::uint32_t> Addresses::find(const Address& address) const {
    Walk walk{elements_, load(chains_[chain_of(address)])};
    for (; !walk.ended() && !walk.is_astray(); walk.next())
        if (address_in(elements_[walk.number()]) == address) return walk.number();
    return std::nullopt;
}

Result<AddressNumbers> Addresses::all() const {
    AddressNumbers found;
    for (std::uint32_t chain = 0; chain < chains_.size(); ++chain) {
        Walk walk{elements_, load(chains_[chain])};
        for (; !walk.ended(); walk.next()) {
            if (walk.is_astray())
                return Error{
                    "the pinned maps are damaged: a link between addresses leads "
                    "astray; lbctl detach, then start lbd"};
            found[address_in(elements_[walk.number()])] = walk.number();
        }
    }
    return found;
}

Result<> Addresses::put(const Address& address, std::uint32_t number, std::uint64_t services) {
    auto& element = elements_[number];
    std::memcpy(element.address, address.bytes.data(), sizeof(element.address));
    element.services = services;
    return put_back(address, number);
}

Result<> Addresses::put_back(const Address& address, std::uint32_t number) {
    auto& first = chains_[chain_of(address)];
    Walk walk{elements_, load(first)};
    while (!walk.ended() && !walk.is_astray())
        walk.next();
    if (walk.steps() == LB_ADDRESS_CHAIN_LENGTH)
        return Error{"map 'addresses': " + address.text() + ": no room in its chain"};
    store(elements_[number].next, load(first));
    store(first, std::uint64_t{number} + 1);
    return {};
}

void Addresses::erase(const Address& address) {
    auto* link = &chains_[chain_of(address)];
    for (Walk walk{elements_, load(*link)}; !walk.ended() && !walk.is_astray(); walk.next()) {
        auto& element = elements_[walk.number()];
        if (address_in(element) == address) {
            store(*link, load(element.next));
            return;
        }
        link = &element.next;
    }
}

}  // namespace lb::dataplane
