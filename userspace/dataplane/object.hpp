// SPDX-License-Identifier: Apache-2.0
/// A BPF object before and while it is loaded: pinned maps in the place of new ones, and what the
/// kernel says when it refuses.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

struct bpf_map;
struct bpf_object;
struct bpf_object_open_opts;

namespace lb::dataplane {

/// Where the kernel's verifier writes to when it refuses a program.  Must outlive the object.
/// Before Linux 6.4 a log that does not fit hides the reason behind ENOSPC, so there is much room,
/// of which nothing costs memory before it is written to.
class VerifierLog {
public:
    VerifierLog();
    /// To open an object with.
    bpf_object_open_opts options();
    /// Why it was not loaded, `err` being a positive errno.
    Error explained(const std::string& what, int err) const;

private:
    struct Free {
        void operator()(char* text) const;
    };
    std::unique_ptr<char, Free> text_;
};

/// Makes `map`, which is not loaded yet, the one that is pinned at `path`.  Before anything else
/// touches it, type, sizes and flags are compared; the error says what differs.
Result<> reuse_pin(bpf_map* map, const std::string& path);

/// Before `object` is loaded: every map that both have is the one of `live`, which is.
Result<> share_maps(bpf_object* object, const bpf_object* live);

}  // namespace lb::dataplane
