// SPDX-License-Identifier: Apache-2.0
#include "events/log.hpp"

#include <cerrno>
#include <cstdio>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "model/json_event.hpp"

namespace lb::events {
namespace {

constexpr int kOlder = 3;  // files besides the newest
constexpr std::size_t kLargestRead = std::size_t{64} << 20;

std::string lines_of(const std::vector<Event>& events) {
    std::string lines;
    for (const auto& event : events)
        lines += json::print_line(event) + "\n";
    return lines;
}

Result<> write_all(int fd, const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
        const auto count = write(fd, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return Error::from_errno("write", errno);
        done += static_cast<std::size_t>(count);
    }
    if (fdatasync(fd) != 0) return Error::from_errno("fdatasync", errno);
    return {};
}

std::vector<Event> events_in(const std::string& path) {
    std::vector<Event> events;
    const auto text = read_file(path, kLargestRead);
    if (!text) return events;
    std::istringstream lines{*text};
    for (std::string line; std::getline(lines, line);)
        if (auto event = json::parse_line(line)) events.push_back(std::move(*event));
    return events;
}

}  // namespace

std::uint64_t Log::last_seq() const {
    for (int age = 0; age <= kOlder; ++age)
        if (const auto events = events_in(age == 0 ? path_ : path_ + "." + std::to_string(age));
            !events.empty())
            return events.back().seq;
    return 0;
}

Result<> Log::append(const std::vector<Event>& events) const {
    rotate();
    const Fd file{open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640)};
    if (!file) return Error::from_errno(path_, errno);
    struct stat status {};
    if (fstat(file.get(), &status) != 0) return Error::from_errno(path_, errno);
    char last = '\n';
    if (status.st_size > 0 && pread(file.get(), &last, 1, status.st_size - 1) != 1)
        return Error::from_errno(path_, errno);
    // what a crash has torn ends there
    const auto written = write_all(file.get(), (last == '\n' ? "" : "\n") + lines_of(events));
    if (written) return {};
    (void)ftruncate(file.get(), status.st_size);  // else: the next line begins with its end
    return written.error().in(path_);
}

void Log::rotate() const {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0 || static_cast<std::size_t>(status.st_size) < largest_)
        return;
    for (int age = kOlder; age > 0; --age)
        (void)std::rename((age == 1 ? path_ : path_ + "." + std::to_string(age - 1)).c_str(),
                          (path_ + "." + std::to_string(age)).c_str());
}

std::vector<Event> Log::read(WallTime since) const {
    std::vector<Event> found;
    for (int age = kOlder; age >= 0; --age)
        for (auto& event : events_in(age == 0 ? path_ : path_ + "." + std::to_string(age)))
            if (event.at >= since) found.push_back(std::move(event));
    return found;
}

}  // namespace lb::events
