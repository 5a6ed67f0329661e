// SPDX-License-Identifier: Apache-2.0
/// The program in the kernel = the same C, native, under ASan and UBSan = the model: in action,
/// bytes, counters and flow entries, on frames and tables by chance.
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

constexpr std::uint64_t kPacketsPerScene = 4000, kPacketsPerChange = 300;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* given = std::getenv(name);
    return given ? std::stoull(given) : otherwise;
}

std::string text(const Traces& traces) {
    std::string text = "verdicts";
    for (const auto count : traces.verdicts)
        text += " " + std::to_string(count);
    for (const auto* list : {&traces.vips, &traces.backends}) {
        text += list == &traces.vips ? "\nvips" : "\nbackends";
        for (const auto& count : *list)
            text += " " + std::to_string(count.packets) + "/" + std::to_string(count.bytes);
    }
    text += "\ntracking";
    for (const auto& counts : traces.tracking)
        text += " " + std::to_string(counts.inserted) + "/" + std::to_string(counts.refused) + "/" +
                std::to_string(counts.rerouted);
    for (const auto& [flow, entry] : traces.flows)
        text += "\nflow " + flow.source.text() + " -> " + flow.destination.text() + " backend " +
                std::to_string(entry.backend) + " birth " + std::to_string(entry.birth) + " kind " +
                std::to_string(entry.kind);
    return text + "\n";
}

/// One set of tables, in the maps of both, and frames through all three.
class Scene {
public:
    Scene(std::mt19937_64& random, bool with_kernel)
        : random_{random}, model_{any_tables(random)}, native_{model_.tables()} {
        if (with_kernel) kernel_.emplace(model_.tables());
        expected_.verdicts.resize(LB_VERDICT_COUNT);
        expected_.vips.resize(kSceneLimits.vips);
        expected_.backends.resize(kSceneLimits.backends);
    }

    void one_frame() {
        if (random_() % kPacketsPerChange == 0) change_tables();
        const auto frame = any_frame(model_.tables(), random_);
        const auto answer = model_.receive(frame.bytes, kIngress);
        expect(answer, frame.bytes.size());
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

    void traces_agree() {
        for (std::uint32_t vip = 0; vip < kSceneLimits.vips; ++vip)
            expected_.tracking.push_back(model_.flow_counts(vip));
        expected_.flows = model_.flows();
        const auto native = native_.traces();
        EXPECT_TRUE(native == expected_)
            << "native " << text(native) << "model  " << text(expected_);
        if (!kernel_) return;
        const auto kernel = kernel_->traces();
        EXPECT_TRUE(kernel == expected_)
            << "kernel " << text(kernel) << "model  " << text(expected_);
    }

    const std::set<lb_verdict>& seen() const { return seen_; }

private:
    void change_tables() {
        change(model_.tables(), random_);
        native_.rewrite(model_.tables());
        if (kernel_) kernel_->rewrite(model_.tables());
    }

    void expect(const model::Answer& answer, std::uint64_t bytes) {
        const auto add = [bytes](Traces::Count& count) {
            ++count.packets;
            count.bytes += bytes;
        };
        ++expected_.verdicts.at(answer.verdict);
        if (answer.vip) add(expected_.vips.at(*answer.vip));
        if (answer.backend) add(expected_.backends.at(*answer.backend));
        seen_.insert(answer.verdict);
    }

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
    model::Model model_;
    Native native_;
    std::optional<Kernel> kernel_;
    Traces expected_;  // but for what the model keeps itself
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
        scene.traces_agree();
        ASSERT_FALSE(HasFailure()) << "scene " << number;
        seen.insert(scene.seen().begin(), scene.seen().end());
    }
    EXPECT_GE(seen.size(), 16u) << "the mix has become too tame";
}

}  // namespace
}  // namespace lb::test
