// SPDX-License-Identifier: Apache-2.0
/// Hearing: says on standard error, once each, that lbd does not answer any more and that it does
/// again.
#pragma once

#include <string>

namespace lb::cli {

class Hearing {
public:
    void lost(const std::string& why);
    void found();

private:
    std::string why_;  ///< that was said; empty: lbd answers
};

}  // namespace lb::cli
