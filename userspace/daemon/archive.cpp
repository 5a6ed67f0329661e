// SPDX-License-Identifier: Apache-2.0
#include "daemon/archive.hpp"

namespace lb::daemon {

Refusal silence(const Disk& disk) {
    return {Refusal::Kind::failed, disk.silent(), {}};
}

void Archive::study(Where where, Callback job, Callback then) {
    if (where == Where::at_hand) return scribe_.run(std::move(job), std::move(then));
    if (where == Where::on_disk) return disk_.run(std::move(job), std::move(then));
    disk_.run([] {},
              [this, job = std::move(job), then = std::move(then)]() mutable {
                  reader_.run(std::move(job), std::move(then));
              });
}

std::optional<Refusal> Archive::why_not(Where where) const {
    if (where == Where::at_hand) return {};
    if (disk_.hangs()) return silence(disk_);
    const auto since = reader_.busy_since();
    if (where == Where::on_disk || !since || Loop::now() - *since < Disk::kPatience) return {};
    return Refusal{
        Refusal::Kind::failed,
        "what was asked for before is being read for more than " +
            std::to_string(Disk::kPatience.count()) +
            " s, and may never be; see whether the disk answers, and that of the file of "
            "--config",
        {}};
}

}  // namespace lb::daemon
