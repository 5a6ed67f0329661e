// SPDX-License-Identifier: Apache-2.0
/// The host as lbd finds it when it starts: forwarding comes first, so here it only speaks.
#include "checklist/host.hpp"

#include <unistd.h>

#include "base/log.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {

host::Viewpoint Daemon::viewpoint() const {
    return {options_.pins, getpid()};
}

void Daemon::look_at_the_host() {
    const auto found = std::make_shared<Findings>();  // job and `then`
    judge_.run(
        [found, spec = running_->spec, from = viewpoint()] {
            *found = checklist::review(host::facts_for(spec, from), spec);
        },
        [this, found] {
            for (auto& finding : *found)
                if (finding.severity == Severity::error)
                    log::warning(finding.rule + " " + finding.object + ": " + finding.message +
                                     ". fix: " + finding.fix + "; `lbctl doctor` shows all",
                                 entry("host.finding"));
        });
}

}  // namespace lb::daemon
