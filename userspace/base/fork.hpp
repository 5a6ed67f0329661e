// SPDX-License-Identifier: Apache-2.0
/// fork: a process of ours from its fork to its end: what it gives up on the way to another
/// program, why it did not get there, and how it ended.
///
///     auto forked = fork_into([&](const Way& way) {
///         way.must("drop capabilities", forbid_new_privileges() && drop_capabilities());
///         way.must("die with us", way.die_with_parent());
///         way.must("execute", execve(path, arguments, environment) == 0);
///     });
///
/// Whoever calls it may have threads: on its way the child makes system calls, and nothing else.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb {

/// What a child has with it on its way to exec.
class Way {
public:
    Way(int failures, pid_t parent) : failures_{failures}, parent_{parent} {}

    /// If it is not done: the parent is told what failed and why (errno), and the child ends.
    void must(const char* step, bool done) const;
    /// With the thread that forked; after a change of the user, which would undo it.
    bool die_with_parent() const;

private:
    int failures_;
    pid_t parent_;
};

/// For it and all that it becomes; without it root has its capabilities back at exec.
bool forbid_new_privileges();
bool drop_capabilities();
/// For root, who otherwise hands them to whatever he executes; before they are dropped.
bool drop_bounding_set();
/// Blocked ones stay blocked over exec.
bool unblock_signals();
/// All but those before `first`, whoever forgot to say so.
bool close_at_exec(int first);

struct Forked {
    Fd process;   ///< pidfd: readable when it has ended
    Fd failures;  ///< what must() has told; ends with exec
    pid_t pid = 0;
};

/// `way` ends in exec.
Result<Forked> fork_into(const std::function<void(const Way&)>& way);

/// Waits until it is over with exec, or has not come there: "execute: Permission denied".
std::optional<Error> failure_of(const Forked& forked);

struct Ending {
    bool by_signal = false;
    int number = 0;  ///< of the signal, or its exit status

    bool is_good() const { return !by_signal && number == 0; }
    std::string text() const;  ///< "exit status 3", "killed by signal 9 (Killed)"
};

/// Waits until it has ended.
Result<Ending> reap(const Fd& process);

/// `fd` where it is not in the way of what a program finds at 0 to 3.  Fails if there is no `fd`.
Result<Fd> out_of_the_way(int fd, const std::string& what);

}  // namespace lb
