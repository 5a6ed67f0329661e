// SPDX-License-Identifier: Apache-2.0
/// What lbd needs of the kernel, in words: the errno of a refusal does not say what is missing.
#pragma once

#include <string>

namespace lb::dataplane {

/// What this kernel lacks of what our maps and programs need, found by trying.  Empty if nothing:
/// then the refusal has another reason.
std::string missing_feature();

/// The end of an error about a kernel that lacks something: "; Linux 4.19.0 has no XDP links here;
/// needs Linux 5.15 or later with CONFIG_BPF_SYSCALL".
std::string needs_kernel(const std::string& missing);

}  // namespace lb::dataplane
