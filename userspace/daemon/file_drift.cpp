// SPDX-License-Identifier: Apache-2.0
#include "daemon/file_drift.hpp"

#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "change/pipeline.hpp"

namespace lb::daemon {
namespace {

std::string drift_of(const std::string& path, const std::string& text, const std::string& hash) {
    const auto folder = std::filesystem::path{path}.parent_path();
    const auto file = change::validate(
        text, path, [&](const std::string& named) { return read_file(folder / named); }, {});
    const auto* candidate = std::get_if<change::Candidate>(&file);
    if (!candidate) return path + " is not valid: lbctl check " + path;
    return candidate->hash == hash
               ? ""
               : path + " differs from the running configuration: lbctl apply " + path;
}

}  // namespace

void FileDrift::look(const std::string& hash) {
    if (std::exchange(is_looking_, true)) {
        wanted_ = hash;
        return;
    }
    auto found = std::make_shared<std::string>();  // shared by the job and what follows it
    worker_.run(
        [path = path_, hash, last = last_, found] {
            const auto text = read_file(path);
            if (!text) return;
            if (last->text_and_hash != *text + hash) last->what = drift_of(path, *text, hash);
            last->text_and_hash = *text + hash;
            *found = last->what;
        },
        [this, found] {
            is_looking_ = false;
            what_ = *found;
            if (const auto next = std::exchange(wanted_, {}); !next.empty()) look(next);
        });
}

}  // namespace lb::daemon
