// SPDX-License-Identifier: Apache-2.0
#include "events/log.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "base/parallel.hpp"
#include "model/json_event.hpp"

namespace lb::events {
namespace {

constexpr int kOlder = 3;          // files besides the newest
constexpr int kOlderInARow = 100;  // then all before are older: a clock that was set back is none
constexpr std::size_t kLinesAtOnce = 512;
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

/// Takes so many lines off the end of `rest`, the last first.
std::vector<std::string> last_lines(std::string_view& rest, std::size_t most) {
    std::vector<std::string> lines;
    while (!rest.empty() && lines.size() < most) {
        const auto end = rest.find_last_not_of('\n') + 1;
        const auto before = rest.substr(0, end).find_last_of('\n');
        const auto begin = before == rest.npos ? 0 : before + 1;
        lines.emplace_back(rest.substr(begin, end - begin));
        rest = rest.substr(0, begin);
    }
    return lines;
}

/// What a line is taken for; an error: nobody can read it.
template <class T>
using Parse = Result<T> (*)(const std::string& line);

/// Who asks what happened waits for twenty thousand lines: on all processors.
template <class T>
std::vector<std::optional<T>> parsed(const std::vector<std::string>& lines, Parse<T> parse) {
    std::vector<std::optional<T>> found(lines.size());
    in_parallel(lines.size(), [&](std::size_t i) {
        if (auto it = parse(lines[i])) found[i] = std::move(*it);
    });
    return found;
}

/// Calls `take` for each line that can be read, the newest first, until it says that it has enough.
template <class T>
bool from_the_end(std::string_view rest, Parse<T> parse,
                  const std::function<bool(T, std::string)>& take) {
    for (std::size_t most = 1; !rest.empty(); most = std::min(2 * most, kLinesAtOnce)) {
        auto lines = last_lines(rest, most);
        auto found = parsed(lines, parse);
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (found[i] && !take(std::move(*found[i]), std::move(lines[i]))) return false;
    }
    return true;
}

WallTime time_of(const Event& event) {
    return event.at;
}

WallTime time_of(WallTime at) {
    return at;
}

}  // namespace

std::string Log::file(int age) const {
    return age == 0 ? path_ : path_ + "." + std::to_string(age);
}

/// Of each file its text, until `take` says that it has enough.  One that is another age when its
/// turn comes again was read already.
void Log::newest_first(const std::function<bool(const std::string& text)>& take) const {
    std::set<std::pair<dev_t, ino_t>> seen;
    for (int age = 0; age <= kOlder; ++age) {
        const Fd opened{open(file(age).c_str(), O_RDONLY | O_CLOEXEC)};
        struct stat its {};
        if (!opened || fstat(opened.get(), &its) != 0) continue;
        if (!seen.emplace(its.st_dev, its.st_ino).second) continue;
        const auto text = read_open(opened.get(), file(age), kLargestRead);
        if (text && !take(*text)) return;
    }
}

std::uint64_t Log::last_seq() const {
    const auto last = newest(1);
    return last.empty() ? 0 : last.back().seq;
}

std::vector<Event> Log::newest(std::size_t count) const {
    std::vector<Event> found;
    const auto enough = [&](Event event, const std::string&) {
        found.push_back(std::move(event));
        return found.size() < count;
    };
    newest_first([&](const std::string& text) {
        return from_the_end<Event>(text, &json::parse_line, enough);
    });
    std::ranges::reverse(found);
    return found;
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
        (void)std::rename(file(age - 1).c_str(), file(age).c_str());
}

/// The newest first.
template <class T, class Take>
void Log::visit(WallTime since, Parse<T> parse, Take take) const {
    int older = 0;  // in a row
    const auto look = [&](T found, std::string line) {
        older = time_of(found) < since ? older + 1 : 0;
        if (older == 0) take(std::move(found), std::move(line));
        return older < kOlderInARow;
    };
    newest_first([&](const std::string& text) { return from_the_end<T>(text, parse, look); });
}

std::vector<Event> Log::read(WallTime since) const {
    std::vector<Event> found;
    visit<Event>(since, &json::parse_line,
                 [&](Event event, const std::string&) { found.push_back(std::move(event)); });
    std::ranges::reverse(found);
    return found;
}

std::vector<std::string> Log::lines(WallTime since) const {
    std::vector<std::string> found;
    visit<WallTime>(since, &json::time_in_line,
                    [&](WallTime, std::string line) { found.push_back(std::move(line)); });
    std::ranges::reverse(found);
    return found;
}

}  // namespace lb::events
