// SPDX-License-Identifier: Apache-2.0
/// The log: one line per event, to the console or, when systemd listens, to the journal.
///
/// Only daemon/ and the mains of programs write to it; rooms return errors.
///     log::info("backend web/web-2: UP -> DOWN: refused", {{"LBD_BACKEND", "web-2"}});
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lb::log {

/// A field of the journal entry (upper case, LBD_...), perhaps one of several with its name; the
/// console does not show it.
using Field = std::pair<std::string_view, std::string>;
using Fields = std::vector<Field>;

enum class Level { debug, info, warning, error };

/// Once, at start.  The journal is chosen when $JOURNAL_STREAM names our standard error
/// (systemd.exec(5)); else standard error with a time stamp.
void start(std::string_view program, Level least);

void debug(std::string_view text, const Fields& fields = {});
void info(std::string_view text, const Fields& fields = {});
void warning(std::string_view text, const Fields& fields = {});
void error(std::string_view text, const Fields& fields = {});

}  // namespace lb::log
