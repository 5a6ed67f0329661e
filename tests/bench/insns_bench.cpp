// SPDX-License-Identifier: Apache-2.0
// How many instructions does a packet take, and how hard is the program for the verifier?
// Fails if a figure is more than a fifth above the recorded one (tests/bench/insns.txt): whoever
// means it records it anew, `make insns RECORD=1`, and the change shows in the diff.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>

#include <bpf/libbpf.h>

#include "bench/interpreter.hpp"
#include "bench/words.hpp"
#include "lb.skel.h"
#include "support/datapath.hpp"

namespace lb::bench {
namespace {

constexpr double kMostGrowth = 1.2;

struct Count {
    std::string name;
    std::uint64_t value;
};
using Counts = std::vector<Count>;

/// Executed instructions and calls of helpers.
void walk(Counts& counts, test::Datapath& lb, const char* name, test::Packet packet, int action) {
    packet.tcp_flags = 0x10;  // ACK
    const auto steps = Interpreter{lb.instructions()}.run(packet.frame(), test::kTestInterface);
    const auto kernel = lb.receive(packet);
    if (steps.action != action || steps.action != kernel.action || steps.packet != kernel.packet)
        throw std::runtime_error(std::string{name} + ": not what the kernel made of it");
    counts.push_back({std::string{"executed_"} + name, steps.instructions});
    counts.push_back({std::string{"calls_"} + name, steps.calls});
}

void count_executed(Counts& counts) {
    test::Datapath lb;
    lb.serve("192.0.2.10:80/tcp", {"198.51.100.1"});
    lb.serve("192.0.2.11:80/tcp", {"198.51.100.2"}, LB_FORWARD_L2);
    lb.serve("[2001:db8:113::10]:80/tcp", {"2001:db8:2::1"});
    const char *client = "203.0.113.5:40000", *client6 = "[2001:db8:1::5]:40000";
    walk(counts, lb, "ipip", test::syn(client, "192.0.2.10:80"), XDP_TX);
    walk(counts, lb, "l2", test::syn(client, "192.0.2.11:80"), XDP_TX);
    walk(counts, lb, "ipv6", test::syn(client6, "[2001:db8:113::10]:80"), XDP_TX);
    walk(counts, lb, "not_ours", test::syn(client, "192.0.2.1:80"), XDP_PASS);
}

/// The number behind `word` in what the verifier said.
std::uint64_t number_after(const std::string& log, const char* word) {
    const auto at = log.find(word);
    if (at == std::string::npos) throw std::runtime_error(std::string{"verifier: no "} + word);
    return std::stoull(log.substr(at + std::strlen(word)));
}

/// "stack depth 304+48+160": of the program and of the functions that it calls.  What counts is the
/// deepest that it can get; that functions call others is left out (the kernel does not say which).
std::uint64_t stack_depth(const std::string& log) {
    std::istringstream depths{log.substr(log.find("stack depth ") + std::strlen("stack depth "))};
    std::uint64_t program = 0, function = 0, deepest = 0;
    depths >> program;
    for (char plus = 0; depths.get(plus) && plus == '+' && depths >> function;)
        deepest = std::max(deepest, function);
    return program + deepest;
}

void count_verified(Counts& counts) {
    const std::unique_ptr<lb_bpf, void (*)(lb_bpf*)> skeleton{lb_bpf__open(), &lb_bpf__destroy};
    if (!skeleton) throw std::runtime_error("open lb.bpf.o");
    std::string log(1 << 20, '\0');
    bpf_program__set_log_level(skeleton->progs.lbd, 4);  // statistics only
    bpf_program__set_log_buf(skeleton->progs.lbd, log.data(), log.size());
    if (lb_bpf__load(skeleton.get()) < 0) throw std::runtime_error("load lb.bpf.o: are you root?");
    counts.push_back({"program_instructions", bpf_program__insn_cnt(skeleton->progs.lbd)});
    counts.push_back({"verifier_processed", number_after(log, "processed ")});
    counts.push_back({"verifier_stack_bytes", stack_depth(log)});
}

std::map<std::string, std::uint64_t> recorded(const std::string& path) {
    std::ifstream file{path};
    if (!file) throw std::runtime_error("read " + path);
    std::map<std::string, std::uint64_t> result;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string name;
        std::uint64_t value = 0;
        if (words >> name >> value) result[name] = value;
    }
    return result;
}

void record(const std::string& path, const Counts& counts) {
    std::ofstream file{path};
    file
        << "# What `make insns` counted when it was last told to record; it fails a fifth above.\n";
    for (const auto& [name, value] : counts)
        file << name << ' ' << value << '\n';
    if (!file.flush()) throw std::runtime_error("write " + path);
}

/// Whether nothing has grown by more than a fifth, or is unknown.
bool compare(const Counts& counts, const std::map<std::string, std::uint64_t>& before) {
    bool good = true;
    std::printf("%-24s%10s%10s\n", "", "now", "recorded");
    for (const auto& [name, value] : counts) {
        const auto found = before.find(name);
        const std::uint64_t limit = found == before.end() ? 0 : found->second;
        const bool grown = static_cast<double>(value) > static_cast<double>(limit) * kMostGrowth;
        std::printf("%-24s%10lu%10lu%s\n", name.c_str(), value, limit,
                    grown ? "  more than a fifth above" : "");
        good = good && !grown;
    }
    return good;
}

}  // namespace
}  // namespace lb::bench

int main(int argc, char** argv) try {
    std::string file;
    bool anew = false;
    const auto end = lb::bench::read_words(
        argc, argv, "How many instructions does a packet take?",
        {{"FILE", &file, "the recorded counts"}, {"--record", &anew, "write it instead"}});
    if (end) return *end;
    lb::bench::Counts counts;
    lb::bench::count_executed(counts);
    lb::bench::count_verified(counts);
    if (anew) lb::bench::record(file, counts);
    if (lb::bench::compare(counts, lb::bench::recorded(file))) return 0;
    std::cerr << "bench-insns: to accept it: make insns RECORD=1\n";
    return 1;
} catch (const std::exception& error) {
    std::cerr << "bench-insns: " << error.what() << '\n';
    return 1;
}
