// SPDX-License-Identifier: Apache-2.0
/// A BPF object before and while it is loaded: pinned maps in the place of new ones, and what the
/// kernel says when it refuses.
#pragma once

#include <string>

#include "base/result.hpp"

struct bpf_map;
struct bpf_object_open_opts;

namespace lb::dataplane {

/// Where the kernel's verifier writes to.  Must outlive the object.
class VerifierLog {
public:
    VerifierLog() : text_(1 << 16, '\0') {}
    /// To open an object with.
    bpf_object_open_opts options();
    /// Why it was not loaded, `err` being a positive errno.
    Error explained(const std::string& what, int err) const;

private:
    std::string text_;
};

/// Makes `map`, which is not loaded yet, the one that is pinned at `path`.  Before anything else
/// touches it, type, sizes and flags are compared; the error says what differs.
Result<> reuse_pin(bpf_map* map, const std::string& path);

}  // namespace lb::dataplane
