// SPDX-License-Identifier: Apache-2.0
/// FileDrift: whether the file of --config is the running configuration.  It need not be, only
/// people hear of it.  Nobody says when it changes, so it is read again and again, and judged when
/// its text is another one.
#pragma once

#include <memory>
#include <string>

#include "base/loop.hpp"

namespace lb::daemon {

class FileDrift {
public:
    FileDrift(Worker& worker, std::string path) : worker_{worker}, path_{std::move(path)} {}

    /// Reads the file on the worker, after the look that is on its way.  `hash` is the
    /// running configuration's.
    void look(const std::string& hash);
    /// How it differed when that was last done; empty: not at all.
    const std::string& what() const { return what_; }

private:
    struct Judged {
        std::string text_and_hash, what;
    };

    Worker& worker_;
    std::string path_, what_;
    std::shared_ptr<Judged> last_ = std::make_shared<Judged>();  ///< the worker's
    std::string wanted_;  ///< the hash, while another look is on its way; empty: none is wanted
    bool is_looking_ = false;
};

}  // namespace lb::daemon
