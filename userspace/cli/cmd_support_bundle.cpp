// SPDX-License-Identifier: Apache-2.0
/// support-bundle: everything that is known here, in one archive, for somebody elsewhere.
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "cli/bundle.hpp"
#include "cli/child.hpp"
#include "cli/host.hpp"
#include "cli/live.hpp"
#include "cli/progress.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct BundleOptions {
    std::string file;  ///< empty: a name of our own
    Places places;
};

std::string host_name() {
    utsname names{};
    uname(&names);
    return is_name(names.nodename) ? names.nodename : "host";
}

/// "lbd-support-lb1-20260701T100000Z"
std::string own_name() {
    const auto now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> stamp{};
    std::strftime(stamp.data(), stamp.size(), "%Y%m%dT%H%M%SZ", &parts);
    return "lbd-support-" + host_name() + "-" + stamp.data();
}

/// A folder that nobody else can read, and that is gone afterwards.
class Folder {
public:
    static Outcome<Folder> make() {
        std::error_code error;
        auto path = (std::filesystem::temp_directory_path(error) / "lbd-support-XXXXXX").string();
        if (error || !mkdtemp(path.data()))
            return fail(Exit::failed,
                        path + ": " + std::strerror(errno) + "; $TMPDIR names another");
        return Folder{std::move(path)};
    }
    Folder(Folder&& other) noexcept : path_{std::exchange(other.path_, {})} {}
    Folder& operator=(Folder&&) = delete;
    ~Folder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

private:
    explicit Folder(std::string path) : path_{std::move(path)} {}
    std::string path_;
};

/// The archive, known to be writable before anything is collected, and gone again unless it is
/// finished.
class Archive {
public:
    static Outcome<Archive> make(const std::string& path) {
        Fd file{open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
        if (file) return Archive{path, std::move(file)};
        if (errno == EEXIST)
            return fail(Exit::invalid, path + ": exists already; name another file, or remove it");
        return fail(Exit::failed,
                    path + ": " + std::strerror(errno) + "; name a file that you may write");
    }
    Archive(Archive&&) = default;
    Archive& operator=(Archive&&) = delete;
    ~Archive() {
        if (file_) unlink(path_.c_str());
    }
    int fd() const { return file_.get(); }
    Outcome<Exit> finish() {
        if (fsync(file_.get()) != 0) return fail(Exit::failed, path_ + ": " + std::strerror(errno));
        file_ = {};
        return Exit::ok;
    }

private:
    Archive(std::string path, Fd file) : path_{std::move(path)}, file_{std::move(file)} {}
    std::string path_;
    Fd file_;
};

Outcome<Exit> pack(const std::vector<Part>& parts, const std::string& name, Archive& archive) {
    const auto folder = Folder::make();
    if (!folder) return tl::unexpected{folder.error()};
    const auto inside = folder->path() + "/" + name;
    const auto head = name + ", by lbctl " LBD_VERSION;
    auto done = make_folder(inside, 0700);
    if (done) done = replace_file(inside + "/contents.txt", list_of(parts, head), 0600);
    for (const auto& part : parts)
        if (done && part.missing.empty())
            done = replace_file(inside + "/" + part.name, part.content, 0600);
    if (done)
        done = run_child({"tar", "--create", "--gzip", "--owner=0", "--group=0", "--directory",
                          folder->path(), name},
                         archive.fd());
    if (!done) return fail(Exit::failed, done.error().what);
    return archive.finish();
}

void tell(const std::vector<Part>& parts) {
    for (const auto& part : parts)
        if (!part.missing.empty())
            std::cerr << "missing: " << part.name << ": " << paint(part.missing, Ink::none, {})
                      << "\n";
}

bool lbd_answered(const std::vector<Part>& parts) {
    return std::any_of(parts.begin(), parts.end(), [](const Part& part) {
        return part.name == "status.json" && part.missing.empty();
    });
}

Outcome<Exit> bundle(Session session, const BundleOptions& options) {
    const auto name = own_name();
    const auto path = options.file.empty() ? name + ".tar.gz" : options.file;
    auto archive = Archive::make(path);
    if (!archive) return tl::unexpected{archive.error()};
    Live live;  // Ctrl-C leaves nothing behind
    session.interrupts = live.interrupts();
    const auto goes_on = [&](const std::string& step) {
        show_progress("collecting: " + step);
        return live.wait(Loop::now()) != Live::Wake::end;
    };
    const auto parts = collect(session, options.places, goes_on);
    const auto packed = goes_on("archive")
                            ? pack(parts, name, *archive)
                            : fail(Exit::failed, "ended by a signal; nothing was written");
    show_progress({});
    if (!packed) return packed;
    tell(parts);
    (void)live.say(session.format == Format::json ? json::print_strings({{"file", path}})
                                                  : path + "\n");
    return lbd_answered(parts) ? Exit::ok : Exit::negative;
}

}  // namespace

Action support_bundle_verb(CLI::App& app) {
    const auto options = std::make_shared<BundleOptions>();  // shared by app and action
    app.add_option("file", options->file,
                   "a new file; default: lbd-support-HOST-TIME.tar.gz in this folder")
        ->option_text("FILE");
    app.add_option("--config", options->places.config,
                   "the file that should run; default: /etc/lbd/lbd.yaml")
        ->option_text("FILE");
    app.add_option("--state", options->places.state,
                   "where lbd keeps its events; default: /var/lib/lbd")
        ->option_text("FOLDER");
    declare_pins(app, options->places.pins);
    return [options](const Session& session) { return bundle(session, *options); };
}

}  // namespace lb::cli
