// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"

namespace lb {
namespace {

Result<> write_all(int fd, const std::string& content) {
    for (std::size_t done = 0; done < content.size();) {
        const auto written = write(fd, content.data() + done, content.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return Error::from_errno("write", errno);
        done += static_cast<std::size_t>(written);
    }
    if (fsync(fd) != 0) return Error::from_errno("fsync", errno);
    return {};
}

std::string user(uid_t uid) {
    std::array<char, 4096> room{};
    passwd entry{}, *found = nullptr;
    const auto number = "uid " + std::to_string(uid);
    if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || !found) return number;
    return std::string{entry.pw_name} + " (" + number + ")";
}

/// Root of a service has no right over the files of others: it is told whose this one is.
Error not_opened(const std::string& path, int err) {
    auto error = Error::from_errno("open " + path, err);
    if (err != EACCES) return error;
    error.what += "; " + user(geteuid()) + " may not ";
    struct stat its {};
    if (stat(path.c_str(), &its) != 0) {
        error.what += "look into its folder";
        return error;
    }
    std::array<char, 8> mode{};
    std::snprintf(mode.data(), mode.size(), "%04o", its.st_mode & 07777U);
    error.what += "read a file of " + user(its.st_uid) + " with mode " + mode.data() +
                  (geteuid() == 0 ? " here (try: chown root " + path + ")"
                                  : " (try: sudo, or chmod a+r " + path + ")");
    return error;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
    Fd file;
    if (path != "-") {
        file = Fd{open(path.c_str(), O_RDONLY | O_CLOEXEC)};
        if (!file) return not_opened(path, errno);
    }
    return read_open(file ? file.get() : STDIN_FILENO, path, limit);
}

Result<std::string> read_open(int fd, const std::string& path, std::size_t limit) {
    std::string content;
    std::array<char, 65536> piece{};
    for (;;) {
        const auto got = read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return Error::from_errno("read " + path, errno);
        if (got == 0) return content;
        content.append(piece.data(), static_cast<std::size_t>(got));
        if (content.size() > limit)
            return Error{"read " + path + ": larger than " + std::to_string(limit) + " bytes"};
    }
}

Result<> sync_folder(const std::string& path) {
    const Fd folder{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder) return Error::from_errno("open " + path, errno);
    if (fsync(folder.get()) != 0) return Error::from_errno("fsync " + path, errno);
    return {};
}

Result<> replace_file(const std::string& path, const std::string& content, mode_t mode) {
    const auto temporary = path + ".new";
    unlink(temporary.c_str());  // left by a crash
    const Fd file{
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
    if (!file) return Error::from_errno("create " + temporary, errno);
    if (const auto written = write_all(file.get(), content); !written) {
        unlink(temporary.c_str());
        return written.error().in(temporary);
    }
    if (rename(temporary.c_str(), path.c_str()) != 0)
        return Error::from_errno("rename to " + path, errno);
    const auto folder = std::filesystem::path{path}.parent_path();
    return sync_folder(folder.empty() ? "." : folder.string());
}

Result<> make_folder(const std::string& path, mode_t mode) {
    std::error_code error;
    const std::filesystem::path folder{path};
    if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), error);
    if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
        return Error::from_errno("create folder " + path, errno);
    return {};
}

}  // namespace lb
