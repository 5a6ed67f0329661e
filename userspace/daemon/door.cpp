// SPDX-License-Identifier: Apache-2.0
#include "daemon/door.hpp"

#include "base/log.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::seconds kPause{2};  // between two attempts

}  // namespace

Result<Door::Opened> Door::open(const Endpoint& where) const {
    auto opened = api::Server::open(loop_, where, core_);
    if (!opened) return opened.error().in("http.listen");
    return std::move(*opened);
}

Result<Door::Opened> Door::try_out(const std::optional<Endpoint>& wanted) const {
    if (!wanted || wanted == wanted_) return Opened{};
    return open(*wanted);
}

void Door::become(const std::optional<Endpoint>& wanted, Opened opened) {
    if (wanted == wanted_ && !opened) return;
    wanted_ = wanted;
    server_ = std::move(opened);
    problem_.clear();
    again_.cancel();
    if (wanted_ && !server_) try_again();
}

void Door::try_again() {
    auto opened = open(*wanted_);
    if (opened) {
        server_ = std::move(*opened);
        problem_.clear();
        return;
    }
    if (problem_.empty())
        log::error(opened.error().what + ": no metrics, no status page; trying again");
    problem_ = opened.error().what + ": no metrics, no status page";
    again_.in(kPause, [this] { try_again(); });
}

}  // namespace lb::daemon
