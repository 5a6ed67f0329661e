// SPDX-License-Identifier: Apache-2.0
/// last_words: what a terminal has to hear before this process ends, however it ends.
///
/// Whatever is done here may be done by a signal handler (signal-safety(7)), for some of those who
/// end a process do it in the middle of anything.
#pragma once

#include <memory>
#include <string_view>

#include <termios.h>

namespace lb::cli {

/// Writes `text` to the terminal `out`, which does not block, within 200 ms.  If it is full because
/// nobody reads it, what waits in it makes room: a screen that is about to go.  False: the terminal
/// is gone, or stopped.
bool say_last(int out, std::string_view text);

/// What was taken from a terminal, and how it is given back.
struct Taken {
    int out = -1;           ///< the terminal
    std::string_view text;  ///< what it has to hear; of static storage
    bool has_keys = false;  ///< standard input is a terminal, too,
    termios before{};       ///< which was set so
};
void give_back(const Taken& taken);

/// LastWords: while it lives, a signal that would end this process at once gives the terminal back
/// first, and ends it then: a crash, an abort, and those whom nobody sends on purpose.  SIGKILL
/// asks nobody.  There can be one at a time.
class LastWords {
public:
    /// `taken` outlives it.
    explicit LastWords(const Taken& taken);
    ~LastWords();
    LastWords(const LastWords&) = delete;

private:
    std::unique_ptr<char[]> stack_;  // a crash may be for want of one
};

}  // namespace lb::cli
