// SPDX-License-Identifier: Apache-2.0
#include "change/store.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "change/pipeline.hpp"
#include "model/json.hpp"
#include "model/json_event.hpp"
#include "model/json_memory.hpp"
#include "model/json_tally.hpp"

namespace lb::change {
namespace {

namespace fs = std::filesystem;

constexpr off_t kReserve = 1 << 20;  // a configuration, and its records

std::optional<std::uint64_t> to_number(std::string_view text) {
    while (!text.empty() && text.back() == '\n')
        text.remove_suffix(1);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    if (error != std::errc{} || end != text.end() || number == 0) return std::nullopt;
    return number;
}

Result<> ours_alone(const std::string& folder) {
    struct stat status {};
    if (stat(folder.c_str(), &status) != 0) return Error::from_errno("stat " + folder, errno);
    if (status.st_uid != geteuid() || (status.st_mode & 022) != 0)
        return Error{folder + ": must belong to user " + std::to_string(geteuid()) +
                     " and be writable by nobody else; fix: chown and chmod 0700"};
    return {};
}

bool exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

/// As if it were empty where there is none.
template <class Document>
Result<Document> read_document(const std::string& path,
                               Result<Document> (*parse)(const std::string&)) {
    if (!exists(path)) return Document{};
    const auto text = read_file(path);
    if (!text) return text.error();
    auto document = parse(*text);
    if (!document) return document.error().in(path);
    return document;
}

}  // namespace

Result<Store> Store::open(const std::string& folder) {
    if (const auto made = make_folder(folder, 0700); !made) return made.error();
    if (const auto safe = ours_alone(folder); !safe) return safe.error();
    if (const auto made = make_folder(folder + "/generations", 0700); !made) return made.error();
    return Store{folder};
}

std::string Store::generation_folder(std::uint64_t number) const {
    return folder_ + "/generations/" + std::to_string(number);
}

Result<> Store::save(const GenerationMeta& meta, const std::string& config,
                     const std::string& plan) const {
    const auto final_name = generation_folder(meta.number);
    const auto building = final_name + ".new";
    const auto doing = "store generation " + std::to_string(meta.number);
    std::error_code ignored;
    fs::remove_all(building, ignored);  // left by a crash
    if (const auto made = make_folder(building, 0700); !made) return made.error().in(doing);
    for (const auto& [name, content] :
         {std::pair{"/config.yaml", config}, std::pair{"/meta.json", json::print(meta)},
          std::pair{"/plan.json", plan}}) {
        if (content.empty()) continue;
        if (const auto written = replace_file(building + name, content, 0600); !written) {
            fs::remove_all(building, ignored);
            return written.error().in(doing);
        }
    }
    if (rename(building.c_str(), final_name.c_str()) != 0)
        return Error::from_errno(doing + ": rename to " + final_name, errno);
    return sync_folder(folder_ + "/generations");
}

Result<> Store::set_current(std::uint64_t number) const {
    return replace_file(folder_ + "/current", std::to_string(number) + "\n", 0600);
}

void Store::forget(std::uint64_t number) const {
    std::error_code ignored;
    fs::remove_all(generation_folder(number), ignored);
}

std::vector<std::uint64_t> Store::numbers() const {
    std::vector<std::uint64_t> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{folder_ + "/generations", ignored})
        if (const auto number = to_number(entry.path().filename().string()))
            found.push_back(*number);
    std::sort(found.begin(), found.end());
    return found;
}

void Store::prune(std::size_t count) const {
    const auto metas = history();
    const auto last = std::find_if(metas.begin(), metas.end(), [](const GenerationMeta& meta) {
        return meta.state == GenerationState::confirmed;
    });
    const auto all = numbers();
    for (std::size_t i = 0; i + count < all.size(); ++i)
        if (last == metas.end() || all[i] != last->number) forget(all[i]);
}

std::uint64_t Store::newest() const {
    const auto all = numbers();
    return all.empty() ? 0 : all.back();
}

std::vector<GenerationMeta> Store::history() const {
    std::vector<GenerationMeta> metas;
    for (const auto number : numbers())
        if (auto its = meta(number)) metas.push_back(std::move(*its));
    std::reverse(metas.begin(), metas.end());
    return metas;
}

Result<> Store::save_result(std::uint64_t number, const std::string& text) const {
    return replace_file(generation_folder(number) + "/result.json", text, 0600);
}

Result<std::string> Store::result(std::uint64_t number) const {
    return read_file(generation_folder(number) + "/result.json");
}

std::map<std::string, std::string> Store::outdated() const {
    const auto text = read_file(folder_ + "/outdated.json");
    if (!text) return {};
    auto found = json::parse_strings(*text);
    return found ? std::move(*found) : std::map<std::string, std::string>{};
}

Result<> Store::save_outdated(const std::map<std::string, std::string>& found) const {
    return replace_file(folder_ + "/outdated.json", json::print_strings(found), 0600);
}

Result<GenerationMeta> Store::meta(std::uint64_t number) const {
    const auto path = generation_folder(number) + "/meta.json";
    const auto text = read_file(path);
    if (!text) return text.error();
    auto meta = json::parse_meta(*text);
    if (!meta) return meta.error().in(path);
    return meta;
}

Result<> Store::set_state(std::uint64_t number, GenerationState state,
                          const std::string& why) const {
    auto its = meta(number);
    if (!its) return its.error();
    its->state = state;
    its->why = why;
    auto saved = replace_file(generation_folder(number) + "/meta.json", json::print(*its), 0600);
    return saved && state == GenerationState::rolled_back ? note_undone(number, why) : saved;
}

/// Long after its window, perhaps: nobody has its measures at hand any more.
Result<> Store::note_undone(std::uint64_t number, const std::string& why) const {
    const auto text = result(number);
    if (!text) return {};  // nobody has measured it
    auto impact = json::parse_impact(*text);
    if (!impact || impact->undone == why) return {};
    impact->undone = why;
    return save_result(number, json::print(*impact));
}

void Store::keep_reserve() const {
    const auto path = folder_ + "/reserve";
    const Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.get() >= 0) (void)posix_fallocate(file.get(), 0, kReserve);  // a full disk: next time
}

Result<> Store::record_way_back(std::uint64_t number,
                                const std::function<Result<>()>& write) const {
    if (write()) return {};
    (void)unlink((folder_ + "/reserve").c_str());
    forget(number);  // what there is of it
    return write();
}

Result<StoredGeneration> Store::load(std::uint64_t number) const {
    auto config = read_file(generation_folder(number) + "/config.yaml");
    const auto doing = "load generation " + std::to_string(number);
    if (!config) return config.error().in(doing);
    if (const auto its = meta(number); its && its->config_hash != hash_of(*config))
        return Error{doing + ": config.yaml is not what was stored: its hash is " +
                     hash_of(*config) + ", that of meta.json " + its->config_hash};
    return StoredGeneration{number, std::move(*config)};
}

Result<std::optional<std::string>> Store::plan(std::uint64_t number) const {
    const auto path = generation_folder(number) + "/plan.json";
    if (const auto its = meta(number); !its) return its.error();
    if (!exists(path)) return std::optional<std::string>{};
    auto text = read_file(path);
    if (!text) return text.error();
    return std::optional{std::move(*text)};
}

Result<std::optional<StoredGeneration>> Store::current() const {
    const auto path = folder_ + "/current";
    if (!exists(path)) return std::optional<StoredGeneration>{};
    const auto text = read_file(path);
    if (!text) return text.error();
    // without its end it is torn, and another number
    const auto number = text->ends_with('\n') ? to_number(*text) : std::nullopt;
    if (!number) return Error{path + ": not a generation number: \"" + *text + "\""};
    auto generation = load(*number);
    if (!generation) return generation.error();
    return std::optional{std::move(*generation)};
}

Result<Memory> Store::load_memory() const {
    return read_document(folder_ + "/state.json", &json::parse_memory);
}

Result<> Store::save_memory(const Memory& memory) const {
    return replace_file(folder_ + "/state.json", json::print(memory), 0600);
}

Result<Lasting> Store::load_tally() const {
    return read_document(folder_ + "/tally.json", &json::parse_lasting);
}

Result<> Store::save_tally(const Lasting& lasting) const {
    return replace_file(folder_ + "/tally.json", json::print(lasting), 0600);
}

Result<Seed> Store::seed() const {
    const auto path = folder_ + "/seed";
    if (!exists(path)) {
        Seed fresh;
        if (getrandom(fresh.data(), fresh.size(), 0) != static_cast<ssize_t>(fresh.size()))
            return Error::from_errno("getrandom", errno);
        const std::string bytes{fresh.begin(), fresh.end()};
        if (const auto written = replace_file(path, bytes, 0600); !written) return written.error();
        return fresh;
    }
    const auto bytes = read_file(path);
    if (!bytes) return bytes.error();
    Seed seed;
    if (bytes->size() != seed.size())
        return Error{path + ": " + std::to_string(bytes->size()) + " bytes, not 16"};
    std::copy(bytes->begin(), bytes->end(), seed.begin());
    return seed;
}

Result<> Store::keep_seed(const Seed& seed) const {
    const auto path = folder_ + "/seed";
    const std::string bytes{seed.begin(), seed.end()};
    if (exists(path))
        if (const auto kept = read_file(path); kept && *kept == bytes) return {};
    return replace_file(path, bytes, 0600);
}

}  // namespace lb::change
