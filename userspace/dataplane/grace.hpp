// SPDX-License-Identifier: Apache-2.0
/// Grace: waits until every run of the program that could hold an old value has ended.
///
/// The kernel offers no such call.  But an update of a map of maps returns only after an RCU grace
/// period (kernel/bpf/syscall.c, maybe_wait_bpf_programs), and XDP programs run inside RCU.  So
/// there is a map of maps with one element that no program reads.
#pragma once

#include <memory>
#include <vector>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "base/result.hpp"

namespace lb::dataplane {

class Grace {
public:
    static Result<std::unique_ptr<Grace>> create(Loop& loop);
    ~Grace();

    /// Blocks for some 10 ms: only while lbd starts.
    Result<> wait() const;
    /// `then` runs on the loop after a grace period that began after this call.
    void after(Callback then);

private:
    struct Maps {
        Fd inner, outer;
    };
    Grace(Loop& loop, Maps maps);

    std::shared_ptr<Maps> maps_;  // shared with the worker's pending jobs
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // and with what follows them
    std::vector<Callback> failed_;
    Timer retry_;
    Worker worker_;  // nobody else's: packets do not wait for a disk; last: it uses the others
};

}  // namespace lb::dataplane
