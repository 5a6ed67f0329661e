// SPDX-License-Identifier: Apache-2.0
#include "daemon/painter.hpp"

#include <climits>

#include <unistd.h>

#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kFresh{400};  // so old a page may be that is given again
constexpr std::chrono::seconds kPeriod{2};        // at least, over which rates are told
constexpr std::chrono::seconds kForgotten{15};    // after the last look

std::string host_name() {
    std::string name(HOST_NAME_MAX + 1, '\0');
    return gethostname(name.data(), name.size() - 1) == 0 ? name.c_str() : "this host";
}

}  // namespace

void Painter::paint(const std::function<page::Moment()>& look, std::optional<page::Groups> unfolded,
                    api::Reply<api::SharedText> reply) {
    forget_.in(kForgotten,
               [this] { before_.reset(), now_.reset(), page_.reset(), whole_.reset(); });
    const Wish wish{std::move(unfolded), std::move(reply)};
    if (!is_painting_ && page_ && Loop::now() - looked_ < kFresh) return fulfil(wish);
    wishes_.push_back(wish);
    if (!is_painting_) begin(look());
}

void Painter::begin(page::Moment moment) {
    is_painting_ = true;
    looked_ = Loop::now();
    if (now_ && (!before_ || now_->at - before_->at >= kPeriod)) before_ = now_;
    now_ = std::make_shared<const page::Moment>(std::move(moment));
    const auto made = std::make_shared<std::shared_ptr<const page::Page>>();  // job and `then`
    scribe_.run(
        [made, now = now_, before = before_] {
            *made = std::make_shared<const page::Page>(page::print(*now, before.get()));
        },
        [this, made] {
            page_ = std::move(*made);
            whole_.reset();
            is_painting_ = false;
            for (const auto& wish : std::exchange(wishes_, {}))
                fulfil(wish);
        });
}

void Painter::fulfil(const Wish& wish) {
    if (wish.unfolded)
        return wish.reply(std::make_shared<const std::string>(page_->with(*wish.unfolded)));
    if (!whole_) whole_ = std::make_shared<const std::string>(page_->whole());
    wish.reply(whole_);
}

void Daemon::page(std::optional<std::set<std::string>> unfolded,
                  api::Reply<api::SharedText> reply) {
    const auto look = [this] {
        const auto& recent = journal_.recent();
        return page::Moment{std::chrono::system_clock::now(),
                            host_name(),
                            status(),
                            {recent.begin(), recent.end()}};
    };
    painter_.paint(look, std::move(unfolded), std::move(reply));
}

}  // namespace lb::daemon
