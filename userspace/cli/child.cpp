// SPDX-License-Identifier: Apache-2.0
#include "cli/child.hpp"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"

namespace lb::cli {
namespace {

constexpr std::size_t kLargestOutput = std::size_t{64} << 20;

/// Where a child starts: our descriptors 0 to 2, and signals as if we had never touched them.
class Setting {
public:
    Setting(int out, int errors) {
        posix_spawn_file_actions_init(&files_);
        posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files_, errors, STDERR_FILENO);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_init(&attributes_);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
    }
    ~Setting() {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&attributes_);
    }
    Setting(const Setting&) = delete;

    int spawn(pid_t& pid, std::vector<char*>& words) const {
        return posix_spawnp(&pid, words[0], &files_, &attributes_, words.data(), environ);
    }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

Result<std::string> all_of(int fd) {
    return read_file("/proc/self/fd/" + std::to_string(fd), kLargestOutput);
}

/// The end of what it complained about, on one line.
std::string last_words(int fd) {
    auto text = all_of(fd);
    if (!text) return {};
    while (!text->empty() && text->back() == '\n')
        text->pop_back();
    const auto line = text->substr(text->find_last_of('\n') + 1);
    return line.empty() ? "" : ": " + line;
}

}  // namespace

Result<> run_child(const std::vector<std::string>& words, int out) {
    const Fd errors{memfd_create("errors", MFD_CLOEXEC)};
    std::vector<char*> pointers;
    for (const auto& word : words)
        pointers.push_back(const_cast<char*>(word.c_str()));  // exec does not write there
    pointers.push_back(nullptr);
    pid_t pid = 0;
    if (const int error = Setting{out, errors.get()}.spawn(pid, pointers); error != 0)
        return Error::from_errno(words[0], error);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    const auto how = WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status))
                                       : "signal " + std::to_string(WTERMSIG(status));
    return Error{words[0] + ": " + how + last_words(errors.get())};
}

Result<std::string> output_of(const std::vector<std::string>& words) {
    const Fd out{memfd_create("output", MFD_CLOEXEC)};
    if (const auto done = run_child(words, out.get()); !done) return done.error();
    return all_of(out.get());
}

}  // namespace lb::cli
