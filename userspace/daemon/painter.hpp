// SPDX-License-Identifier: Apache-2.0
/// Painter: the status page for everybody who looks at it.
///
/// A look at lbd is a copy, made on the loop; the page is made of it in another thread.  Whoever
/// asks while that goes on, or soon afterwards, gets the same page: many browsers cost what one
/// does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/core.hpp"
#include "base/loop.hpp"
#include "page/page.hpp"

namespace lb::daemon {

class Painter {
public:
    Painter(Loop& loop, Worker& scribe) : scribe_{scribe}, forget_{loop} {}

    /// `look` is called at once, or never.
    void paint(const std::function<page::Moment()>& look, std::optional<page::Groups> unfolded,
               api::Reply<api::SharedText> reply);

private:
    struct Wish {
        std::optional<page::Groups> unfolded;  ///< nothing: the whole page
        api::Reply<api::SharedText> reply;
    };
    void begin(page::Moment moment);
    void fulfil(const Wish& wish);

    Worker& scribe_;
    std::vector<Wish> wishes_;  ///< of those who wait for the page that is being made
    // Shared with the scribe, which only reads.
    std::shared_ptr<const page::Moment> before_, now_;
    std::shared_ptr<const page::Page> page_;
    api::SharedText whole_;  ///< of page_; nothing: nobody has asked for it
    Time looked_{};
    bool is_painting_ = false;
    Timer forget_;  ///< when nobody looks any more
};

}  // namespace lb::daemon
