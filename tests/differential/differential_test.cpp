// SPDX-License-Identifier: Apache-2.0
/// The program in the kernel = the same C, native, under ASan and UBSan = the model: in action,
/// bytes and counters, on frames and tables by chance.
///
///     LBD_SEED=N                   repeats a run
///     LBD_DIFFERENTIAL_PACKETS=N   how many frames; 200 000 if not given
///     LBD_DIFFERENTIAL_KERNEL=N    every Nth scene goes to the kernel, too; 1 if not given
#include <cstdlib>
#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "parties.hpp"
#include "support/pcap.hpp"
#include "support/random.hpp"
#include "support/test_run.hpp"

namespace lb::test {
namespace {

constexpr std::uint64_t kPacketsPerScene = 4000;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* given = std::getenv(name);
    return given ? std::stoull(given) : otherwise;
}

/// What the model says the maps should have counted.
class Expected {
public:
    Expected() {
        counters_.verdicts.resize(LB_VERDICT_COUNT);
        counters_.vips.resize(kSceneLimits.vips);
        counters_.backends.resize(kSceneLimits.backends);
    }
    void count(const model::Answer& answer, std::uint64_t bytes) {
        ++counters_.verdicts.at(answer.verdict);
        if (answer.vip) add(counters_.vips.at(*answer.vip), bytes);
        if (answer.backend) add(counters_.backends.at(*answer.backend), bytes);
    }
    const Counters& counters() const { return counters_; }

private:
    static void add(lb_count& count, std::uint64_t bytes) {
        ++count.packets;
        count.bytes += bytes;
    }
    Counters counters_;
};

std::string text(const Counters& counters) {
    std::string text = "verdicts";
    for (const auto count : counters.verdicts)
        text += " " + std::to_string(count);
    for (const auto* list : {&counters.vips, &counters.backends}) {
        text += list == &counters.vips ? "\nvips" : "\nbackends";
        for (const auto& count : *list)
            text += " " + std::to_string(count.packets) + "/" + std::to_string(count.bytes);
    }
    return text;
}

/// One set of tables, in the maps of both, and frames through all three.
class Scene {
public:
    Scene(std::mt19937_64& random, bool with_kernel)
        : random_{random}, tables_{any_tables(random)}, native_{tables_} {
        if (with_kernel) kernel_.emplace(tables_);
    }

    void one_frame() {
        const auto frame = any_frame(tables_, random_);
        const auto answer = model::receive(tables_, frame.bytes, kIngress);
        expected_.count(answer, frame.bytes.size());
        seen_.insert(answer.verdict);
        const auto native = native_.receive(frame);
        agree("native", frame, native, answer);
        EXPECT_EQ(native_.found().verdict, answer.verdict);
        EXPECT_EQ(native_.found().redirect, answer.redirect);
        Frame from_kernel;
        if (kernel_) {
            auto out = kernel_->receive(frame);
            agree("kernel", frame, out, answer);
            EXPECT_EQ(out.packet, native.packet) << "kernel and native, dropped or not";
            from_kernel = std::move(out.packet);
        }
        if (!testing::Test::HasFailure()) return;
        write_pcap(
            "build/reports/differential.pcap",
            {frame.bytes, from_kernel.bytes, native.packet.bytes, answer.frame.value_or(Bytes{})});
        std::cout << "in, kernel, native, model: build/reports/differential.pcap\n";
    }

    void counters_agree() {
        const auto& wanted = expected_.counters();
        const auto native = native_.counters();
        EXPECT_TRUE(native == wanted) << "native\n" << text(native) << "\nmodel\n" << text(wanted);
        if (!kernel_) return;
        const auto kernel = kernel_->counters();
        EXPECT_TRUE(kernel == wanted) << "kernel\n" << text(kernel) << "\nmodel\n" << text(wanted);
    }

    const std::set<lb_verdict>& seen() const { return seen_; }

private:
    static void agree(const char* who, const Frame& in, const Run& out,
                      const model::Answer& wanted) {
        const bool same_bytes = !wanted.frame || out.packet.bytes == *wanted.frame;
        if (out.action == wanted.action && same_bytes) return;
        ADD_FAILURE() << who << " and model differ: action " << out.action << ", wanted "
                      << wanted.action << " (verdict " << wanted.verdict << ")\n  in     "
                      << testing::PrintToString(in) << "\n  out    "
                      << testing::PrintToString(out.packet) << "\n  wanted "
                      << testing::PrintToString(Frame{wanted.frame.value_or(Bytes{})});
    }

    std::mt19937_64& random_;
    model::Tables tables_;
    Native native_;
    std::optional<Kernel> kernel_;
    Expected expected_;
    std::set<lb_verdict> seen_;
};

class Differential : public BpfTest {
protected:
    void load() override {}
};

TEST_F(Differential, KernelNativeAndModelAgree) {
    const auto packets = from_environment("LBD_DIFFERENTIAL_PACKETS", 200'000);
    const auto every = from_environment("LBD_DIFFERENTIAL_KERNEL", 1);
    auto random = seeded_random();
    std::set<lb_verdict> seen;
    std::uint64_t done = 0;
    for (std::uint64_t number = 0; done < packets; ++number) {
        Scene scene{random, number % every == 0};
        for (std::uint64_t i = 0; i < kPacketsPerScene && done < packets; ++i, ++done) {
            scene.one_frame();
            ASSERT_FALSE(HasFailure()) << "frame " << done << " of scene " << number;
        }
        scene.counters_agree();
        ASSERT_FALSE(HasFailure()) << "scene " << number;
        seen.insert(scene.seen().begin(), scene.seen().end());
    }
    EXPECT_GE(seen.size(), 16u) << "the mix has become too tame";
}

}  // namespace
}  // namespace lb::test
