// SPDX-License-Identifier: Apache-2.0
#include "dataplane_world.hpp"

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <asio/io_context.hpp>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan/flows.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

void must(bool good, const std::string& what) {
    if (!good) throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// A process in a new network namespace that waits for its end; it ends with us.
int fork_neighbour() {
    int ready[2];
    must(pipe2(ready, O_CLOEXEC) == 0, "pipe");
    const Fd read_end{ready[0]};
    Fd write_end{ready[1]};
    const int child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const char done = unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
        (void)!write(write_end.get(), &done, 1);
        for (;;)
            pause();
    }
    char done = 'n';
    must(read(read_end.get(), &done, 1) == 1 && done == 'y', "the neighbour's namespace");
    return child;
}

void run_command(const std::string& command) {
    if (std::system((command + " >&2").c_str()) != 0)
        throw std::runtime_error("failed: " + command);
}

}  // namespace

TestTables& TestTables::backend(std::uint32_t index, const std::string& text, ForwardMode forward,
                                lb_backend_state state) {
    BackendEntry entry;
    entry.target = {{"pool"}, text};
    entry.index = index;
    entry.birth = 1;
    entry.identity = std::hash<std::string>{}(text + lb::text(forward));
    entry.address = address(text);
    entry.forward = forward;
    entry.state = state;
    entry.health = HealthVerdict::up;
    backends.push_back(std::move(entry));
    return *this;
}

TestTables& TestTables::leaves(std::uint32_t index, const std::string& text, ForwardMode forward) {
    leaving.push_back(
        {std::hash<std::string>{}(text + lb::text(forward)), index, LB_BACKEND_DRAIN, 1});
    return *this;
}

TestTables& TestTables::vip(std::uint32_t number, const std::string& text, std::uint32_t base,
                            std::uint32_t size, const std::vector<std::uint32_t>& names) {
    VipEntry entry;
    entry.name = text;
    entry.key = tcp(text);
    entry.number = number;
    entry.base = base;
    entry.size = size;
    for (std::uint32_t i = 0; i < size; ++i)
        entry.slots.push_back(stable_slot(names[i % names.size()]));
    vips.push_back(std::move(entry));
    return *this;
}

VipKey tcp(const std::string& text) {
    const auto at = endpoint(text);
    return {at.address, {at.port, at.port}, Protocol::tcp};
}

lb_flow flow_of(const std::string& source, const std::string& destination) {
    const auto from = endpoint(source), to = endpoint(destination);
    lb_flow flow{};
    std::memcpy(flow.source, from.address.bytes.data(), sizeof(flow.source));
    std::memcpy(flow.destination, to.address.bytes.data(), sizeof(flow.destination));
    flow.source_port_be = htons(from.port);
    flow.destination_port_be = htons(to.port);
    flow.protocol = IPPROTO_TCP;
    return flow;
}

void DataplaneTest::load() {
    own_net_ = Fd{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
    own_mounts_ = Fd{::open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC)};
    must(unshare(CLONE_NEWNET | CLONE_NEWNS) == 0, "unshare");
    must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
    char folder[] = "/tmp/lb-dataplane-XXXXXX";
    must(mkdtemp(folder) != nullptr, "temporary folder");
    folder_ = folder;
    must(mount("bpf", folder, "bpf", 0, nullptr) == 0, "mount bpf");
    neighbour_ = fork_neighbour();
    loop_ = std::make_unique<Loop>();
    here("ip link set lo up");
    // No duplicate address detection: it would take seconds.
    here("sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'");
    there("sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'");
    for (const std::string n : {"1", "2"}) {
        const std::string suffix = n == "1" ? "" : n;
        here("ip link add near" + suffix + " type veth peer name far" + suffix + " netns " +
             std::to_string(neighbour_));
        here("ip address add 10.0." + n + ".1/24 dev near" + suffix);
        here("ip address add 2001:db8:" + n + "::1/64 dev near" + suffix + "");
        here("ip link set near" + suffix + " up");
        there("ip address add 10.0." + n + ".2/24 dev far" + suffix);
        there("ip address add 2001:db8:" + n + "::2/64 dev far" + suffix + "");
        there("ip link set far" + suffix + " address 02:00:00:00:0" + n + ":02 up");
    }
}

void DataplaneTest::TearDown() {
    plane_.reset();
    loop_.reset();
    if (neighbour_ > 0) {
        kill(neighbour_, SIGKILL);
        waitpid(neighbour_, nullptr, 0);
    }
    if (!folder_.empty()) {
        umount(folder_.c_str());
        rmdir(folder_.c_str());
    }
    if (own_mounts_) setns(own_mounts_.get(), CLONE_NEWNS);
    if (own_net_) setns(own_net_.get(), CLONE_NEWNET);
}

void DataplaneTest::here(const std::string& command) const {
    run_command(command);
}

void DataplaneTest::there(const std::string& command) const {
    run_command("nsenter -n -t " + std::to_string(neighbour_) + " " + command);
}

Result<std::unique_ptr<dataplane::Dataplane>> DataplaneTest::try_open(const Limits& limits,
                                                                      const Seed& seed) {
    return dataplane::Dataplane::open(*loop_, {pins(), limits, seed});
}

dataplane::Dataplane& DataplaneTest::open(const Limits& limits) {
    plane_.reset();
    auto opened = try_open(limits);
    if (!opened) throw std::runtime_error(opened.error().what);
    plane_ = std::move(*opened);
    return *plane_;
}

FlowReport DataplaneTest::walk(const std::vector<std::uint32_t>& retire) {
    return walk(retire, plan::judge);
}

FlowReport DataplaneTest::walk(const std::vector<std::uint32_t>& retire, FlowJudge judge) {
    std::optional<FlowReport> found;
    plane().walk_flows(retire, std::move(judge), [&](const Result<FlowReport>& report) {
        EXPECT_TRUE(report) << report.error().what;
        found = report ? *report : FlowReport{};
    });
    EXPECT_TRUE(eventually([&] { return found.has_value(); }));
    return found.value_or(FlowReport{});
}

void DataplaneTest::publish(const Tables& tables) {
    bool settled = false;
    const auto done = plane_->publish(tables, [&] { settled = true; });
    ASSERT_TRUE(done) << done.error().what;
    ASSERT_TRUE(eventually([&] { return settled; }));
}

bool DataplaneTest::eventually(const std::function<bool()>& condition,
                               std::chrono::milliseconds patience) {
    const auto deadline = Loop::now() + patience;
    while (!condition()) {
        if (Loop::now() > deadline) return false;
        loop_->context().restart();
        loop_->context().run_one_for(std::chrono::milliseconds{10});
    }
    return true;
}

bool DataplaneTest::has_next_hop(std::uint32_t backend, const std::string& text,
                                 std::chrono::milliseconds patience) {
    return eventually([&] { return plane_->next_hop(backend) == text; }, patience);
}

Fd DataplaneTest::program_on(const std::string& interface) {
    bpf_xdp_query_opts found{};
    found.sz = sizeof(found);
    if (const auto ifindex = static_cast<int>(if_nametoindex(interface.c_str())))
        (void)bpf_xdp_query(ifindex, 0, &found);
    return Fd{found.prog_id ? bpf_prog_get_fd_by_id(found.prog_id) : -1};
}

Fd DataplaneTest::pinned_map(const std::string& name) const {
    return Fd{bpf_obj_get((pins() + "/v1/" + name).c_str())};
}

}  // namespace lb::test
