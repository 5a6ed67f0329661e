// SPDX-License-Identifier: Apache-2.0
/// The store, when whoever writes dies at any byte: what it shows is what it showed before, or what
/// the write was to make of it, and never anything else.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "change/store.hpp"
#include "model/json_event.hpp"
#include "model/json_memory.hpp"
#include "model/json_tally.hpp"

namespace lb::change {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSector = 512;

/// What an apply or a way back writes at once, and how whoever comes next reads it.
struct Written {
    const char* what;
    std::function<Result<>(const Store&)> write;
    std::function<std::string(const Store&)> read;
};

template <class T>
std::string shown(const Result<T>& result, std::string (*print)(const T&)) {
    return result ? print(*result) : "unreadable: " + result.error().what;
}

GenerationMeta waiting(std::uint64_t number) {
    GenerationMeta meta{number, {}, 0, "why", hash_of("text")};
    meta.state = GenerationState::pending;
    meta.confirm_by = WallTime{std::chrono::milliseconds{1'800'000'000'123}};
    return meta;
}

Memory drained() {
    Memory memory;
    memory.overrides[{"web", "web-1"}] = {AdminState::drain, "disk", WallTime{}, 0, {}};
    return memory;
}

Lasting audited() {
    Lasting lasting;
    lasting.rollbacks = {1, 2, 3, 4};
    return lasting;
}

std::string state_of_12(const Store& store) {
    return shown<GenerationMeta>(store.meta(12), &json::print);
}

std::string generation_12(const Store& store) {
    const auto its = store.load(12);
    return std::to_string(store.newest()) + (its ? its->config : "none") + state_of_12(store);
}

std::string current(const Store& store) {
    const auto its = store.current();
    return its && *its ? std::to_string((*its)->number) + (*its)->config : "unreadable";
}

/// The plan is longer than what is written before it, so that it is torn as well.
const std::vector<Written> kWritten{
    {"a generation that waits for a word",
     [](const Store& store) { return store.save(waiting(12), "text", std::string(450, 'p')); },
     &generation_12},
    {"its number", [](const Store& store) { return store.set_current(12); }, &current},
    {"what it did",
     [](const Store& store) {
         return store.save_result(12, json::print(Impact{12, {}, {}, {}, {}}));
     },
     [](const Store& store) { return store.result(12).value_or("none"); }},
    {"that it was taken back",
     [](const Store& store) { return store.set_state(12, GenerationState::rolled_back, "R2"); },
     &state_of_12},
    {"overrides and health states", [](const Store& store) { return store.save_memory(drained()); },
     [](const Store& store) { return shown<Memory>(store.load_memory(), &json::print); }},
    {"what is counted", [](const Store& store) { return store.save_tally(audited()); },
     [](const Store& store) { return shown<Lasting>(store.load_tally(), &json::print); }},
    {"what is outdated",
     [](const Store& store) {
         return store.save_outdated({{"lbd", "9"}});
     },
     [](const Store& store) { return std::to_string(store.outdated().size()); }}};

class TornTest : public testing::Test {
protected:
    TornTest() {
        folder_ = mkdtemp(folder_.data());
        const auto store = open();
        EXPECT_TRUE(
            store.save({1, {}, 0, "first", hash_of("the first one")}, "the first one", "{}"));
        EXPECT_TRUE(store.set_current(1));
    }
    ~TornTest() override { fs::remove_all(folder_); }

    Store open() { return *Store::open(folder_); }

    std::string picture() {
        const auto store = open();
        std::string seen;
        for (const auto& each : kWritten)
            seen += each.what + (": " + each.read(store)) + "\n";
        return seen;
    }

    /// How long the files are that it makes, or makes anew.
    std::set<std::uintmax_t> sizes(const Written& its) {
        const auto copy = folder_ + ".copy";
        fs::copy(folder_, copy, fs::copy_options::recursive);
        EXPECT_TRUE(its.write(*Store::open(copy))) << its.what;
        std::set<std::uintmax_t> found;
        for (const auto& entry : fs::recursive_directory_iterator{copy}) {
            const auto before = folder_ / fs::relative(entry.path(), copy);
            if (entry.is_regular_file() &&
                (!fs::exists(before) || *read_file(before) != *read_file(entry.path())))
                found.insert(entry.file_size());
        }
        fs::remove_all(copy);
        return found;
    }

    /// The file that was on its way: shorter and shorter, and now and then with zeros behind it.
    void tear(const Written& its, const std::string& before) {
        ASSERT_EQ(unfinished().size(), 1u) << its.what;
        const auto path = unfinished().front();
        for (auto byte = fs::file_size(path) + 1; byte-- > 0;) {
            fs::resize_file(path, byte);
            ASSERT_EQ(its.read(open()), before) << its.what << ", byte " << byte;
            if (byte % 8 != 0) continue;
            fs::resize_file(path, kSector);
            ASSERT_EQ(its.read(open()), before) << its.what << ", byte " << byte << " and zeros";
        }
    }

    /// Files that are on their way.
    std::vector<fs::path> unfinished() const {
        std::vector<fs::path> found;
        for (const auto& entry : fs::recursive_directory_iterator{folder_})
            if (entry.path().extension() == ".new" && entry.is_regular_file())
                found.push_back(entry.path());
        return found;
    }

    std::string folder_ = "/dev/shm/lbd-torn-XXXXXX";  // nothing waits for a disk
};

/// No file grows beyond so many bytes.
void limit_files(rlim_t bytes) {
    struct rlimit its {};
    getrlimit(RLIMIT_FSIZE, &its);
    its.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &its);
}

/// On a disk that has room for so much of a file.
bool fits(std::uintmax_t byte, const std::function<bool()>& write) {
    const auto before = signal(SIGXFSZ, SIG_IGN);
    limit_files(byte);
    const bool done = write();
    limit_files(RLIM_INFINITY);
    signal(SIGXFSZ, before);
    return done;
}

/// In a process that dies when it comes to that byte of a file.
void die_at(std::uintmax_t byte, const std::function<void()>& write) {
    const auto child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_DFL);
        limit_files(byte);
        write();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << byte;
}

/// INV-13.
TEST_F(TornTest, AtEveryByteItIsAsBeforeAndThenAsItWasToBe) {
    for (const auto& its : kWritten) {
        const auto before = picture(), read = its.read(open());
        for (const auto size : sizes(its)) {
            die_at(size - 1, [&] { (void)its.write(open()); });
            ASSERT_NO_FATAL_FAILURE(tear(its, read));
            EXPECT_EQ(picture(), before) << its.what;
        }
        ASSERT_TRUE(its.write(open())) << its.what << ": over what is left of it";
        EXPECT_TRUE(unfinished().empty()) << its.what;
        EXPECT_NE(its.read(open()), read) << its.what;
        EXPECT_EQ(its.read(open()).find("unreadable"), std::string::npos) << its.read(open());
    }
}

/// INV-11.
TEST_F(TornTest, WhereTheDiskIsFullAtAnyByteNothingIsLeftOfIt) {
    for (const auto& its : kWritten) {
        const auto read = its.read(open());
        for (std::uintmax_t byte = 0; byte < *sizes(its).rbegin(); byte += byte < 8 ? 1 : 16) {
            EXPECT_FALSE(fits(byte, [&] { return its.write(open()).has_value(); })) << its.what;
            ASSERT_EQ(its.read(open()), read) << its.what << ", byte " << byte;
            ASSERT_TRUE(unfinished().empty()) << its.what << ", byte " << byte;
        }
        ASSERT_TRUE(its.write(open())) << its.what;
    }
}

/// By a disk that says it has what it has not.
TEST_F(TornTest, AFileOfWhichAPartIsThereIsTakenForNoOther) {
    const auto store = open();
    for (const auto& its : kWritten)
        ASSERT_TRUE(its.write(store)) << its.what;
    const std::map<std::string, std::function<std::string()>> files{
        {"current", [&] { return current(store); }},
        {"state.json", [&] { return kWritten[4].read(store); }},
        {"tally.json", [&] { return kWritten[5].read(store); }},
        {"generations/12/meta.json", [&] { return state_of_12(store); }}};
    for (const auto& [name, read] : files) {
        const auto before = read();
        for (auto byte = fs::file_size(folder_ + "/" + name); byte-- > 0;) {
            fs::resize_file(folder_ + "/" + name, byte);
            const auto now = read();
            EXPECT_TRUE(now == before || now.starts_with("unreadable")) << name << byte << now;
        }
    }
}

}  // namespace
}  // namespace lb::change
