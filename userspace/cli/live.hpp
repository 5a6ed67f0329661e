// SPDX-License-Identifier: Apache-2.0
/// Live: what a view that goes on waits for besides its time: keys, another size, a signal that
/// ends it, a reader of its output who goes away.
///
/// While it lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGWINCH do nothing but tell wait() and
/// say(), so that whoever ends the process always ends by returning.  Nothing here blocks on a
/// terminal: it is opened once more, as ours alone, because O_NONBLOCK on what the shell gave us
/// would be the shell's, too.
#pragma once

#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "cli/verb.hpp"

namespace lb::cli {

class Live {
public:
    enum class Keys { unread, read };
    /// read: what is typed wakes wait(), and SIGTSTP (Ctrl-Z) is told as well.
    explicit Live(Keys keys = Keys::unread);
    ~Live();
    Live(const Live&) = delete;

    enum class Wake { time, keys, size, pause, end };
    /// Until `when`, or until something happens.
    Wake wait(Time when);
    /// Writes to standard output; false: it is over, nobody reads or somebody ended it.
    bool say(std::string_view text);
    /// What say() writes to; if it is a terminal, it does not block.
    int out() const { return out_; }
    /// What was typed since; empty, and it is over, when nobody is there to type any more.
    std::string typed();
    /// Readable when an answer is not worth waiting for any more.
    std::vector<int> interrupts() const;
    /// An end that was asked for is a good one; a full disk is not.
    Outcome<Exit> ending() const;

private:
    void take_signal();

    sigset_t before_{};
    Fd signals_;
    Fd terminal_;  ///< standard output once more; -1: it is no terminal
    int out_;
    int keyboard_;   ///< -1: nobody types
    int error_ = 0;  ///< of the last write
    bool is_over_ = false;
    bool is_resized_ = false;
    bool is_paused_ = false;
};

/// The session of a view that goes on: it prints as such, a request ends when something else
/// happens, and an lbd that hangs is noticed.
Session watching(Session session, const Live& live);

}  // namespace lb::cli
