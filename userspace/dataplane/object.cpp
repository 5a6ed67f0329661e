// SPDX-License-Identifier: Apache-2.0
#include "dataplane/object.hpp"

#include <cerrno>
#include <cstdlib>
#include <new>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/fd.hpp"
#include "dataplane/pins.hpp"
#include "host/features.hpp"

namespace lb::dataplane {
namespace {

constexpr std::size_t kLogSize = 16 << 20;

/// The verifier's last words, which say what it did not like.
std::string last_lines(std::string text) {
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    const auto from = text.size() > 400 ? text.find('\n', text.size() - 400) : 0;
    return from == std::string::npos ? text : text.substr(from);
}

/// Empty if the pinned map is what `wanted` says.
std::string difference(const bpf_map* wanted, const bpf_map_info& found) {
    const auto differs = [](const char* what, std::uint64_t has, std::uint64_t needs) {
        return std::string{what} + " " + std::to_string(has) + ", this program needs " +
               std::to_string(needs);
    };
    if (found.type != bpf_map__type(wanted))
        return differs("has type", found.type, bpf_map__type(wanted));
    if (found.key_size != bpf_map__key_size(wanted))
        return differs("has keys of size", found.key_size, bpf_map__key_size(wanted));
    if (found.value_size != bpf_map__value_size(wanted))
        return differs("has values of size", found.value_size, bpf_map__value_size(wanted));
    if (found.map_flags != bpf_map__map_flags(wanted))
        return differs("has flags", found.map_flags, bpf_map__map_flags(wanted));
    if (found.max_entries != bpf_map__max_entries(wanted))
        return differs("holds", found.max_entries, bpf_map__max_entries(wanted));
    return {};
}

}  // namespace

VerifierLog::VerifierLog() : text_{static_cast<char*>(std::calloc(kLogSize, 1))} {
    if (!text_) throw std::bad_alloc{};
}

void VerifierLog::Free::operator()(char* text) const {
    std::free(text);
}

bpf_object_open_opts VerifierLog::options() {
    libbpf_set_print(nullptr);  // a library that logs; its words are in our errors
    bpf_object_open_opts options{};
    options.sz = sizeof(options);
    options.kernel_log_buf = text_.get();
    options.kernel_log_size = kLogSize;
    return options;
}

Error VerifierLog::explained(const std::string& what, int err) const {
    auto error = Error::from_errno(what, err);
    if (err == EPERM || err == EACCES)
        error.what += "; needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";
    else if (err == ENOMEM)
        error.what += "; lower node.limits, or allow more memory";
    else
        error.what += host::needs_kernel(host::missing_feature());
    if (const auto words = last_lines(text_.get()); !words.empty())
        error.what += "; the kernel says: " + words;
    return error;
}

Result<> reuse_pin(bpf_map* map, const std::string& path) {
    const auto pinned = open_pin(path);
    if (!pinned) return pinned.error();
    if (!*pinned) return Error{path + " is missing"};
    bpf_map_info info{};
    std::uint32_t length = sizeof(info);
    if (bpf_obj_get_info_by_fd(pinned->get(), &info, &length) != 0)
        return Error::from_errno("ask what " + path + " is", errno);
    if (const auto text = difference(map, info); !text.empty()) return Error{path + " " + text};
    if (const int err = bpf_map__reuse_fd(map, pinned->get()); err != 0)
        return Error::from_errno("adopt " + path, -err);
    return {};
}

Result<> share_maps(bpf_object* object, const bpf_object* live) {
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
        const int fd = bpf_object__find_map_fd_by_name(live, bpf_map__name(map));
        if (fd < 0) continue;
        if (const int err = bpf_map__reuse_fd(map, fd); err != 0)
            return Error::from_errno(std::string{"share map '"} + bpf_map__name(map) + "'", -err);
    }
    return {};
}

}  // namespace lb::dataplane
