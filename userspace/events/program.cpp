// SPDX-License-Identifier: Apache-2.0
#include "events/program.hpp"

#include <cerrno>
#include <csignal>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace lb::events {
namespace {

bool hand_over(int input) {
    signal(SIGPIPE, SIG_DFL);
    (void)setpriority(PRIO_PROCESS, 0, 0);  // lbd's checks come first
    return unblock_signals() && dup2(input, STDIN_FILENO) == STDIN_FILENO &&
           dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO && chdir("/") == 0 &&
           close_at_exec(STDERR_FILENO + 1);
}

/// In memory, so that nobody waits for who reads it slowly, or not at all.
Result<Fd> holding(const std::string& text) {
    auto file = out_of_the_way(memfd_create("input", MFD_CLOEXEC), "memfd_create");
    if (!file) return file;
    for (std::size_t done = 0; done < text.size();) {
        const auto count = write(file->get(), text.data() + done, text.size() - done);
        if (count < 0 && errno != EINTR) return Error::from_errno("write", errno);
        if (count > 0) done += static_cast<std::size_t>(count);
    }
    lseek(file->get(), 0, SEEK_SET);
    return file;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> found;
    for (auto& word : words)
        found.push_back(word.data());
    found.push_back(nullptr);
    return found;
}

}  // namespace

Result<Forked> start(const std::string& path, const std::string& input,
                     std::vector<std::string> environment) {
    const auto theirs = holding(input);
    if (!theirs) return theirs.error();
    std::vector<std::string> words{path};
    const auto arguments = pointers(words), variables = pointers(environment);
    return fork_into([&](const Way& way) {
        setsid();
        way.must("give up capabilities",
                 forbid_new_privileges() && drop_bounding_set() && drop_capabilities());
        way.must("die with lbd", way.die_with_parent());
        way.must("hand over its input", hand_over(theirs->get()));
        way.must("run it", execve(path.c_str(), arguments.data(), variables.data()) == 0);
    });
}

void stop(const Forked& program) {
    kill(-program.pid, SIGKILL);
    syscall(SYS_pidfd_send_signal, program.process.get(), SIGKILL, nullptr, 0);
}

std::string end(const Forked& program) {
    stop(program);  // its session keeps its number until it is waited for
    const auto ending = reap(program.process);
    if (!ending) return ending.error().what;
    if (const auto failure = failure_of(program)) return failure->what;
    return ending->is_good() ? "" : ending->text();
}

}  // namespace lb::events
