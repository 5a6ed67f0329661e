// SPDX-License-Identifier: Apache-2.0
/// The sections of the page, in their order; each is HTML.
#pragma once

#include "page/page.hpp"

namespace lb::page {

/// Packets a second between two moments; nothing: nobody knows.
class Rates {
public:
    Rates(const Moment& now, const Moment* before);
    std::string of(const VipView& vip, std::size_t place) const;
    /// `pool`, `place`: where it stands in the moment.
    std::string of(const BackendView& backend, std::size_t pool, std::size_t place) const;

private:
    std::string between(std::uint64_t then, std::uint64_t now) const;
    const Moment* before_;
    double seconds_ = 0;
};

std::string problems(const Moment& now);
std::string node(const Moment& now);
std::string vips(const Moment& now, const Rates& rates);
std::string pools(const Moment& now);
void backends(const Moment& now, const Rates& rates, std::vector<Page::Piece>& pieces);
std::string events(const Moment& now);

}  // namespace lb::page
