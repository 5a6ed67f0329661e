// SPDX-License-Identifier: Apache-2.0
/// The program in the kernel = the same C, native, under ASan and UBSan = the model: in verdict,
/// action, redirect, bytes, counters and flow entries, on frames and tables by chance.
///
///     LBD_SEED=N                   repeats a run
///     LBD_DIFFERENTIAL_PACKETS=N   how many frames; 150 000 if not given
///     LBD_DIFFERENTIAL_SECONDS=N   as many as fit in there
///     LBD_DIFFERENTIAL_SCENE=N     only that scene; a failure tells its number
///
/// Not compared, and left to tests/bpf: which backend chance picks (affinity: none; here all slots
/// of such a vip are alike, and the bits that its random hash leaves in outer headers are open);
/// times in the maps; budgets of a few in the kernel, whose seconds end when they like (native and
/// model count them in scenes of their own); packets longer than a page; two CPUs at once.
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "mix.hpp"
#include "parties.hpp"
#include "support/pcap.hpp"
#include "support/random.hpp"
#include "support/test_run.hpp"

namespace lb::test {
namespace {

constexpr std::uint64_t kPacketsPerScene = 1500, kPacketsPerChange = 150;
constexpr std::uint64_t kOneSceneCounts = 8;  // budgets, of so many

/// Notes about fragments live for a second by the kernel's clock; the model says when they are
/// old.  So a scene is over before any may be, and one that a busy machine delayed says nothing.
constexpr std::chrono::milliseconds kSceneEnds{500}, kNotesAge{950};

std::optional<std::uint64_t> from_environment(const char* name) {
    const char* given = std::getenv(name);
    if (!given) return {};
    return std::stoull(given);
}

/// One set of tables, in the maps of both, and frames through all three.
class Scene {
public:
    Scene(std::uint64_t number, Kernel& kernel)
        : random_{number},
          kernel_{number % kOneSceneCounts == 0 ? nullptr : &kernel},
          model_{any_tables(random_, kernel_ ? Budgets::all_or_nothing : Budgets::counted)},
          native_{model_.tables()} {
        if (kernel_) kernel_->begin(model_.tables());
        expected_.verdicts.resize(LB_VERDICT_COUNT);
        expected_.vips.resize(kSceneLimits.vips);
        expected_.backends.resize(kSceneLimits.backends);
        expected_.new_flows.resize(kSceneLimits.backends);
    }

    /// False if this scene says nothing any more.
    bool one_frame() {
        if (random_() % kPacketsPerChange == 0) change_something();
        const auto frame = any_frame(model_.tables(), random_);
        const auto answer = model_.receive(frame.bytes, kIngress);
        expect(answer, frame.bytes.size());
        const auto native = native_.receive(frame);
        std::optional<Run> kernel;
        if (kernel_) kernel = kernel_->receive(frame);
        auto difference = differs("native", native, answer) + differs_within(answer);
        if (kernel) difference += differs("kernel", *kernel, answer);
        if (kernel && answer.settled(kernel->packet.bytes) != answer.settled(native.packet.bytes))
            difference += "kernel and native leave different bytes\n";
        if (difference.empty()) return true;
        if (kernel_ && age() > kNotesAge) return false;
        report(difference, frame, native, kernel, answer);
        return false;
    }

    /// Counters and flow entries.
    void traces_agree() {
        for (std::uint32_t vip = 0; vip < kSceneLimits.vips; ++vip)
            expected_.tracking.push_back(model_.flow_counts(vip));
        for (std::uint32_t backend = 0; backend < kSceneLimits.backends; ++backend)
            expected_.witness.push_back(model_.witness_counts(backend));
        expected_.flows = model_.tracking().flows();
        EXPECT_EQ(difference(native_.traces(), expected_), "") << "native";
        if (!kernel_) return;
        EXPECT_EQ(difference(kernel_->traces(), expected_), "") << "kernel";
    }

    bool is_over() const { return kernel_ && age() > kSceneEnds; }
    const Mix& mix() const { return mix_; }

private:
    std::chrono::steady_clock::duration age() const {
        return std::chrono::steady_clock::now() - start_;
    }

    /// Tables, or the time.
    void change_something() {
        if (random_() % 3 != 0) {
            change(model_.tables(), random_);
            native_.rewrite(model_.tables());
            if (kernel_) kernel_->rewrite(model_.tables());
            return;
        }
        // In the kernel a second may pass by itself: two are too long for a note, one is not told.
        const auto seconds = kernel_ ? 2 : 1 + static_cast<std::uint32_t>(random_() % 2);
        model_.clock().pass(seconds);
        native_.pass(seconds);
        if (kernel_) kernel_->pass(seconds);
    }

    void expect(const model::Answer& answer, std::uint64_t bytes) {
        const auto add = [bytes](Traces::Count& count) {
            ++count.packets;
            count.bytes += bytes;
        };
        ++expected_.verdicts.at(answer.verdict);
        if (answer.vip) add(expected_.vips.at(*answer.vip));
        const bool is_sent = answer.verdict == LB_FORWARD || answer.verdict == LB_FORWARD_REDIRECT;
        if (is_sent) add(expected_.backends.at(*answer.backend));
        if (is_sent && answer.begins_flow) ++expected_.new_flows.at(*answer.backend);
        mix_.add(answer);
    }

    static std::string differs(const char* who, const Run& out, const model::Answer& wanted) {
        if (out.action != wanted.action)
            return std::string{who} + " acts " + std::to_string(out.action) + ", the model " +
                   std::to_string(wanted.action) + "\n";
        if (!wanted.frame || wanted.settled(out.packet.bytes) == wanted.settled(*wanted.frame))
            return {};
        return std::string{who} + " sends other bytes than the model\n";
    }

    /// What only the native program tells.
    std::string differs_within(const model::Answer& wanted) const {
        const auto& found = native_.found();
        std::string text;
        const auto compare = [&](const char* what, std::uint64_t is, std::uint64_t should_be) {
            if (is != should_be)
                text += std::string{what} + ": native " + std::to_string(is) + ", the model " +
                        std::to_string(should_be) + "\n";
        };
        compare("verdict", found.verdict, wanted.verdict);
        compare("redirect", found.redirect, wanted.redirect);
        if (wanted.backend) compare("backend", found.backend, *wanted.backend);
        if (wanted.vip) compare("vip", found.vip, *wanted.vip);
        if (wanted.hash && wanted.backend) compare("hash", found.hash, *wanted.hash);
        return text;
    }

    void report(const std::string& difference, const Frame& in, const Run& native,
                const std::optional<Run>& kernel, const model::Answer& wanted) const {
        const auto wanted_frame = wanted.frame.value_or(Bytes{});
        ADD_FAILURE() << difference << "wanted " << Mix::name(wanted.verdict) << "\n  in     "
                      << testing::PrintToString(in) << "\n  native "
                      << testing::PrintToString(native.packet) << "\n  model  "
                      << testing::PrintToString(Frame{wanted_frame});
        write_pcap(
            "build/reports/differential.pcap",
            {in.bytes, kernel ? kernel->packet.bytes : Bytes{}, native.packet.bytes, wanted_frame});
        std::cout << "in, kernel, native, model: build/reports/differential.pcap\n";
    }

    std::mt19937_64 random_;
    Kernel* kernel_;
    model::Model model_;
    Native native_;
    Traces expected_;  // but for what the model keeps itself
    Mix mix_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Differential : public BpfTest {
protected:
    void load() override { kernel_ = std::make_unique<Kernel>(); }

    /// At most so many frames; how many it were.
    std::uint64_t play(std::uint64_t number, std::uint64_t most) {
        Scene scene{number, *kernel_};
        std::uint64_t done = 0;
        bool agrees = true;
        while (agrees && done < most && !scene.is_over()) {
            agrees = scene.one_frame();
            ++done;
        }
        if (agrees) scene.traces_agree();
        if (HasFailure()) std::cout << "repeat: LBD_DIFFERENTIAL_SCENE=" << number << '\n';
        mix_.add(scene.mix());
        return done;
    }

    std::unique_ptr<Kernel> kernel_;
    Mix mix_;
};

TEST_F(Differential, KernelNativeAndModelAgree) {
    const std::chrono::seconds limit{from_environment("LBD_DIFFERENTIAL_SECONDS").value_or(0)};
    const auto packets =
        from_environment("LBD_DIFFERENTIAL_PACKETS").value_or(limit.count() == 0 ? 150'000 : ~0ull);
    if (const auto scene = from_environment("LBD_DIFFERENTIAL_SCENE")) {
        play(*scene, kPacketsPerScene);
        return;
    }
    auto random = seeded_random();
    const auto start = std::chrono::steady_clock::now();
    const auto is_time_up = [&] {
        return limit.count() != 0 && std::chrono::steady_clock::now() - start > limit;
    };
    std::uint64_t done = 0;
    while (done < packets && !HasFailure() && !is_time_up())
        done += play(random(), kPacketsPerScene);
    std::cout << mix_.text();
    if (done < 50'000 || HasFailure()) return;
    EXPECT_EQ(mix_.missing(), "");
}

}  // namespace
}  // namespace lb::test
