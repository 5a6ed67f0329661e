// SPDX-License-Identifier: Apache-2.0
/// What lbd needs of the kernel, in words: the errno of a refusal does not say what is missing.
#pragma once

#include <string>

#include "base/result.hpp"

struct bpf_program;

namespace lb::host {

/// What this kernel lacks of what our maps and programs need, found by trying.  Empty if nothing:
/// then the refusal has another reason.  Error: it could not be tried, for want of memory or of
/// rights, say, and that is no fault of the kernel.
Result<std::string> missing_feature();

/// Lets an XDP program, not loaded yet, meet frames in several pieces (jumbo frames), where the
/// kernel has them (Linux 5.18).  Without it drivers refuse such programs on large MTUs.
void allow_pieces(bpf_program* program);

/// The end of an error about a kernel that lacks something: "; Linux 4.19.0 has no XDP links here;
/// needs Linux 5.15 or later with CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF".
std::string needs_kernel(const Result<std::string>& missing);

}  // namespace lb::host
