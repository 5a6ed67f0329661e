// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/journal.hpp"

namespace lb::log {
namespace {

constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// spdlog knows no fields: they travel beside the message, on the thread that logs.
thread_local const Fields* fields_of_this_message = nullptr;

/// The priorities of syslog(3), which the journal uses.
const char* priority(spdlog::level::level_enum level) {
    if (level >= spdlog::level::err) return "3";
    if (level == spdlog::level::warn) return "4";
    return level == spdlog::level::info ? "6" : "7";
}

/// Writes entries with our fields; spdlog's own systemd sink needs libsystemd and has no fields.
class JournalSink : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit JournalSink(std::string program) : program_{std::move(program)} {
        to_.sun_family = AF_UNIX;
        std::strncpy(to_.sun_path, kJournalSocket, sizeof(to_.sun_path) - 1);
    }

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        std::vector<std::pair<std::string, std::string>> entry{
            {"MESSAGE", std::string{message.payload.data(), message.payload.size()}},
            {"PRIORITY", priority(message.level)},
            {"SYSLOG_IDENTIFIER", program_}};
        if (fields_of_this_message)
            for (const auto& [name, value] : *fields_of_this_message)
                entry.emplace_back(std::string{name}, value);
        const auto bytes = journal_datagram(entry);
        sendto(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
               reinterpret_cast<const sockaddr*>(&to_), sizeof(to_));
    }
    void flush_() override {}

    std::string program_;
    sockaddr_un to_{};
    Fd socket_{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

void write(spdlog::level::level_enum level, std::string_view text, const Fields& fields) {
    fields_of_this_message = &fields;
    spdlog::log(level, "{}", text);
    fields_of_this_message = nullptr;
}

}  // namespace

void start(std::string_view program, Level least) {
    spdlog::sink_ptr sink;
    if (is_journal_stream(std::getenv("JOURNAL_STREAM"), STDERR_FILENO))
        sink = std::make_shared<JournalSink>(std::string{program});
    else
        sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    auto logger = std::make_shared<spdlog::logger>(std::string{program}, sink);
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %n %^%l%$ %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(logger);
    spdlog::set_level(static_cast<spdlog::level::level_enum>(static_cast<int>(least) + 1));
}

void debug(std::string_view text, const Fields& fields) {
    write(spdlog::level::debug, text, fields);
}
void info(std::string_view text, const Fields& fields) {
    write(spdlog::level::info, text, fields);
}
void warning(std::string_view text, const Fields& fields) {
    write(spdlog::level::warn, text, fields);
}
void error(std::string_view text, const Fields& fields) {
    write(spdlog::level::err, text, fields);
}

}  // namespace lb::log
