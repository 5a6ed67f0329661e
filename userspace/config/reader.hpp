// SPDX-License-Identifier: Apache-2.0
/// reader: text -> spec, all errors at once.
///
/// A value is, in this order: what its pool or vip says, what `defaults` says, what the table of
/// fields says.  Three follow from others: fast_interval = min(1s, interval), timeout = min(1s,
/// fast_interval), and the checked port is the vips'.  Nothing is corrected.
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "model/finding.hpp"

namespace lb::config {

/// The content of a file that the text names; the caller knows what its path is relative to.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

/// Opens nothing, and says who may name no file: "a stored generation".
FileReader no_files(const std::string& who);

/// The findings are sorted by place.  With an error among them the spec is only good for further
/// rules: what could not be read has its default, and an object that is not known well enough to
/// be judged (a vip without an address) has no place (line 0).
Reading read(const std::string& text, const FileReader& files);

}  // namespace lb::config
