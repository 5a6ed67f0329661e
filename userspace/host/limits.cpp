// SPDX-License-Identifier: Apache-2.0
#include "host/limits.hpp"

#include <algorithm>
#include <limits>
#include <sstream>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.hpp"
#include "base/file.hpp"

namespace lb::host {
namespace {

constexpr std::string_view kLine = "Max open files";

std::uint64_t number_of(const std::string& word) {
    if (word == "unlimited") return std::numeric_limits<std::uint64_t>::max();
    return std::strtoull(word.c_str(), nullptr, 10);
}

}  // namespace

Result<DescriptorLimit> descriptors_in(const std::string& limits) {
    const auto at = limits.find(kLine);
    if (at == limits.npos) return Error{"no line \"Max open files\""};
    std::istringstream words{limits.substr(at + kLine.size())};
    std::string soft, hard;
    words >> soft >> hard;
    return DescriptorLimit{number_of(soft), number_of(hard), {}};
}

Result<DescriptorLimit> descriptors_of(pid_t process) {
    const auto path = "/proc/" + std::to_string(process) + "/limits";
    const auto text = read_file(path);
    if (!text) return text.error();
    auto limit = descriptors_in(*text);
    return limit ? limit : limit.error().in(path);
}

std::optional<pid_t> listener_at(const std::string& socket) {
    const Fd here{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un there{};
    there.sun_family = AF_UNIX;
    if (socket.size() >= sizeof(there.sun_path)) return {};
    std::copy(socket.begin(), socket.end(), there.sun_path);
    if (connect(here.get(), reinterpret_cast<const sockaddr*>(&there), sizeof(there)) != 0)
        return {};
    ucred peer{};
    socklen_t length = sizeof(peer);
    if (getsockopt(here.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return {};
    return peer.pid;
}

}  // namespace lb::host
