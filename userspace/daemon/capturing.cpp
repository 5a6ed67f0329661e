// SPDX-License-Identifier: Apache-2.0
#include "daemon/capturing.hpp"

#include <utility>

#include <net/if.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.hpp"

namespace lb::daemon {
namespace {

/// The ring holds what 30 CPUs can send in that time.
constexpr milliseconds kTick{20};

std::string hex(const std::vector<std::uint8_t>& bytes) {
    constexpr const char* kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const auto byte : bytes) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 0xf];
    }
    return text;
}

std::string interface_name(unsigned ifindex) {
    char name[IF_NAMESIZE];
    if (if_indextoname(ifindex, name)) return name;
    return "ifindex " + std::to_string(ifindex);  // it is gone
}

CapturedPacket packet_of(const CaptureRecord& record, const CaptureNames& names) {
    using std::chrono::microseconds;
    CapturedPacket packet;
    packet.at_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<microseconds>(record.at.time_since_epoch()).count());
    packet.ingress = interface_name(record.ingress);
    if (record.length_after > 0)
        packet.egress = interface_name(record.egress != 0 ? record.egress : record.ingress);
    packet.verdict = names.verdict(record.verdict);
    packet.vip = names.vip(record.vip);
    packet.backend = names.backend(record.backend);
    packet.length = record.length;
    packet.length_after = record.length_after;
    packet.before = hex(record.before);
    packet.after = hex(record.after);
    return packet;
}

}  // namespace

void Capturing::start(const CaptureOrder& order, CaptureNames names, int pid,
                      api::Reply<CaptureView> reply) {
    if (reply_)
        return reply(Refusal{Refusal::Kind::refused,
                             "a capture is running already, for " +
                                 print_duration(order_.duration) +
                                 " at most; wait for its end and try again",
                             {}});
    if (const auto done = dataplane_.start_capture(order); !done)
        return reply(Refusal{Refusal::Kind::failed, "capture: " + done.error().what, {}});
    order_ = order;
    names_ = std::move(names);
    until_ = Loop::now() + order.duration;
    view_ = {};
    reply_ = std::move(reply);
    process_ = Fd{pid > 0 ? static_cast<int>(syscall(SYS_pidfd_open, pid, 0)) : -1};
    if (process_) its_end_ = std::make_unique<Watch>(loop_, process_.get(), [this] { end(); });
    tick_.in(kTick, [this] { look(); });
}

void Capturing::look() {
    take();
    if (is_over()) return end();
    tick_.in(kTick, [this] { look(); });
}

void Capturing::take() {
    for (const auto& record : dataplane_.captured())
        view_.packets.push_back(packet_of(record, names_));
}

bool Capturing::is_over() const {
    return Loop::now() >= until_ ||
           view_.packets.size() + dataplane_.capture_losses().lost >= order_.packets;
}

void Capturing::end() {
    if (!reply_) return;
    tick_.cancel();
    its_end_.reset();
    process_ = Fd{};
    take();
    const auto losses = dataplane_.capture_losses();
    view_.lost = losses.lost;
    view_.skipped = losses.skipped;
    const auto done = dataplane_.end_capture();
    if (!done) log::error("end the capture: " + done.error().what);
    const auto reply = std::exchange(reply_, nullptr);
    reply(std::exchange(view_, {}));
}

}  // namespace lb::daemon
