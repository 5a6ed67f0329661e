// SPDX-License-Identifier: Apache-2.0
#include "events/hook.hpp"

#include <cstdlib>

#include "events/severity.hpp"
#include "model/json_event.hpp"

namespace lb::events {
namespace {

constexpr const char* kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::vector<std::string> environment_for(const Backlog::Next& next) {
    const auto* path = std::getenv("PATH");
    return {
        std::string{"PATH="} + (path ? path : kUsualPath),
        "LBD_EVENT=" + next.event.kind,
        std::string{"LBD_SEVERITY="} + text(*severity(next.event)),
        "LBD_MISSED=" + std::to_string(next.missed),
    };
}

}  // namespace

Hook::Hook(Loop& loop, OnFailure on_failure, milliseconds longest)
    : loop_{loop}, on_failure_{std::move(on_failure)}, longest_{longest}, late_{loop} {}

Hook::~Hook() {
    if (end_) (void)end(program_);
}

void Hook::become(const std::string& path) {
    if (path == path_) return;
    path_ = path;
    problem_.clear();
    if (path_.empty()) backlog_.forget();
}

void Hook::tell(const Event& event) {
    if (path_.empty() || !severity(event)) return;
    backlog_.add(event);
    next();
}

void Hook::next() {
    while (!end_) {
        const auto waiting = backlog_.take();
        if (!waiting) return;
        run(*waiting);
    }
}

void Hook::run(const Backlog::Next& next) {
    auto program = start(path_, json::print_line(next.event) + "\n", environment_for(next));
    if (!program) return judge(path_, program.error().what);
    program_ = std::move(*program);
    running_path_ = path_;
    is_late_ = false;
    end_ = std::make_unique<Watch>(loop_, program_.process.get(), [this] { on_end(); });
    late_.in(longest_, [this] {
        is_late_ = true;
        stop(program_);
    });
}

void Hook::on_end() {
    late_.cancel();
    end_.reset();
    const auto why = end(program_);
    program_ = {};
    judge(running_path_, is_late_ ? "did not end within " + print_duration(longest_) : why);
    next();
}

void Hook::judge(const std::string& path, const std::string& why) {
    problem_ = why.empty() || path != path_ ? "" : path + ": " + why;
    if (why.empty()) return;
    ++failures_;
    on_failure_(path + ": " + why);
}

}  // namespace lb::events
