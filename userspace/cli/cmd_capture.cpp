// SPDX-License-Identifier: Apache-2.0
/// capture: packets before and after forwarding.
#include <cerrno>
#include <cstring>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "cli/capture.hpp"
#include "cli/verb.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"
#include "model/json_capture.hpp"

namespace lb::cli {
namespace {

constexpr milliseconds kAnswering{20'000};  // to load the program, and to send what was captured

struct CaptureOptions {
    std::string vip;
    std::vector<std::string> verdicts;
    bool all = false;
    std::uint32_t packets = CaptureOrder{}.packets;
    std::uint32_t snap = CaptureOrder{}.snap;
    std::string duration = print_duration(CaptureOrder{}.duration);
    std::string file;
};

/// Where the file goes, known before anything is captured; empty: to standard output.
Outcome<Fd> open_target(const std::string& path) {
    if (path == "-" && isatty(STDOUT_FILENO) == 1)
        return fail(Exit::invalid,
                    "-w -: pcapng is not for terminals; redirect it, or name a file");
    if (path.empty() || path == "-") return Fd{};
    Fd file{open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (file) return file;
    if (errno == EEXIST)
        return fail(Exit::invalid, path + ": exists already; name another file, or remove it");
    return fail(Exit::failed,
                path + ": " + std::strerror(errno) + "; name a file that you may write");
}

Outcome<Exit> write_all(const CaptureOptions& options, const Fd& file, const std::string& content) {
    const int fd = file ? file.get() : STDOUT_FILENO;
    for (std::size_t done = 0; done < content.size();) {
        const auto written = write(fd, content.data() + done, content.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            return fail(Exit::failed, options.file + ": write: " + std::strerror(errno));
        done += static_cast<std::size_t>(written);
    }
    return Exit::ok;
}

Outcome<CaptureView> ask(const Session& session, const CaptureOptions& options) {
    const auto body = json::print_strings({{"vip", options.vip},
                                           {"verdicts", joined(options.verdicts, ",")},
                                           {"all", options.all ? "true" : "false"},
                                           {"packets", std::to_string(options.packets)},
                                           {"snap", std::to_string(options.snap)},
                                           {"for", options.duration}});
    auto patient = session;
    patient.timeout = std::max(session.timeout, *parse_duration(options.duration) + kAnswering);
    const auto answer = patient.client().post("/api/v1/capture", body);
    if (!answer && !options.vip.empty())
        return tl::unexpected{with_suggestion(session, answer.error(), options.vip, vip_names)};
    if (!answer) return tl::unexpected{answer.error()};
    return understand(json::parse_capture(*answer));
}

Outcome<Exit> capture(const Session& session, const CaptureOptions& options) {
    if (!options.file.empty() && session.format == Format::json)
        return fail(Exit::invalid, "-w writes pcapng, -o json prints a document; choose one");
    const auto file = open_target(options.file);
    if (!file) return tl::unexpected{file.error()};
    const auto view = ask(session, options);
    if (!view) {
        if (*file) unlink(options.file.c_str());
        return tl::unexpected{view.error()};
    }
    if (session.format == Format::json) {
        std::cout << json::print(*view);
    } else if (options.file.empty()) {
        std::cout << capture_lines(*view);
    } else if (const auto done = write_all(options, *file, capture_file(*view, options.snap));
               !done) {
        return done;
    }
    std::cerr << capture_summary(*view);
    return view->packets.empty() ? Exit::negative : Exit::ok;
}

}  // namespace

Action capture_verb(CLI::App& app) {
    const auto options = std::make_shared<CaptureOptions>();  // shared by app and action
    app.add_option("--vip", options->vip, "of this vip alone")
        ->option_text("VIP|ADDRESS:PORT[/tcp|udp]");
    app.add_option("--verdict", options->verdicts, "that end so; may be given several times")
        ->option_text("NAME");
    app.add_flag("--all", options->all, "packets that are not for a vip, too");
    app.add_option("--count", options->packets, "how many at most")
        ->check(CLI::Range(1U, kMostCaptured))
        ->capture_default_str();
    app.add_option("--for", options->duration, "how long at most, up to 1m")
        ->check([](const std::string& text) {
            const auto duration = parse_duration(text);
            return duration && duration->count() > 0 && *duration <= kLongestCapture
                       ? ""
                       : "expected a duration up to 1m, such as 10s";
        })
        ->option_text("DURATION")
        ->capture_default_str();
    app.add_option("--snap", options->snap, "bytes kept of a packet")
        ->check(CLI::Range(kLeastSnap, kLargestSnap))
        ->capture_default_str();
    app.add_option("-w", options->file, "a pcapng file, for tshark; - is standard output")
        ->option_text("FILE");
    return [options](const Session& session) { return capture(session, *options); };
}

}  // namespace lb::cli
