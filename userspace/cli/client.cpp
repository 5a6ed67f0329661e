// SPDX-License-Identifier: Apache-2.0
#include "cli/client.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

#include <curl/curl.h>

#include "base/duration.hpp"
#include "cli/curl.hpp"
#include "cli/progress.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct Free {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
    void operator()(char* text) const { curl_free(text); }
};

struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

std::string escape(CURL* easy, const std::string& text) {
    const std::unique_ptr<char, Free> escaped{
        curl_easy_escape(easy, text.c_str(), static_cast<int>(text.size()))};
    return escaped ? escaped.get() : "";
}

bool was_interrupted(const std::vector<curl_waitfd>& fds) {
    return std::any_of(fds.begin(), fds.end(), [](const auto& fd) { return fd.revents != 0; });
}

/// As curl_easy_perform, but no longer than until one of `interrupts` is readable.
CURLcode perform(CURL* easy, const std::vector<int>& interrupts) {
    constexpr int kRound = 1000;  // milliseconds; curl knows when to look earlier
    const std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};
    std::vector<curl_waitfd> fds;
    for (const int fd : interrupts)
        fds.push_back({fd, CURL_WAIT_POLLIN, 0});
    curl_multi_add_handle(multi.get(), easy);
    for (int running = 1; running > 0 && !was_interrupted(fds);) {
        curl_multi_perform(multi.get(), &running);
        if (running > 0)
            curl_multi_poll(multi.get(), fds.data(), static_cast<unsigned>(fds.size()), kRound,
                            nullptr);
    }
    int left = 0;
    const auto* message = curl_multi_info_read(multi.get(), &left);
    const auto code = message ? message->data.result : CURLE_ABORTED_BY_CALLBACK;
    curl_multi_remove_handle(multi.get(), easy);
    return code;
}

}  // namespace

Outcome<std::string> Client::get(const std::string& path,
                                 const std::map<std::string, std::string>& query) const {
    const Easy easy{curl_easy_init()};
    std::string target = path;
    for (const auto& [key, value] : query)
        target += (target == path ? "?" : "&") + key + "=" + escape(easy.get(), value);
    return request(target, nullptr, {});
}

Outcome<std::string> Client::post(const std::string& path, const std::string& body,
                                  const std::string& filename) const {
    return request(path, &body, filename);
}

Outcome<std::string> Client::request(const std::string& path, const std::string* body,
                                     const std::string& filename) const {
    std::string answer;
    const auto owner = request_for("http://lbd" + path, "http", timeout_, answer);
    CURL* easy = owner.get();
    const std::unique_ptr<curl_slist, Free> headers{
        curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Expect:")};
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
    if (body) {
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body->size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->c_str());
    }
    // A plan tries checks, a capture waits for packets.  Where there are interrupts, a view of its
    // own tells how it goes.
    std::optional<Ticker> ticker;
    if (interrupts_.empty()) ticker.emplace("lbd is at it");
    const auto code = interrupts_.empty() ? curl_easy_perform(easy) : perform(easy, interrupts_);
    ticker.reset();
    long connect_errno = 0, status = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &connect_errno);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) return tl::unexpected{unreachable(code, connect_errno)};
    if (status == 200) return answer;
    if (const auto refusal = json::parse_refusal(answer))
        return tl::unexpected{failure_of(*refusal, verb_, filename)};
    return tl::unexpected{Failure{
        Exit::failed, socket_ + ": HTTP status " + std::to_string(status) + "; is this lbd?", {}}};
}

Failure Client::unreachable(int curl_code, long connect_errno) const {
    const auto at = socket_ + ": ";
    if (curl_code == CURLE_OPERATION_TIMEDOUT)
        return {Exit::failed,
                at + "no answer within " + print_duration(timeout_) +
                    "; what was asked may still happen (see: lbctl status)",
                {}};
    if (curl_code != CURLE_COULDNT_CONNECT)
        return {
            Exit::unreachable,
            at + curl_easy_strerror(static_cast<CURLcode>(curl_code)) + " (see: journalctl -u lbd)",
            {}};
    switch (connect_errno) {
        case EACCES:
            return {Exit::permission,
                    at + "permission denied; you are not in group \"lbd\" (try: sudo lbctl " +
                        verb_ + ")",
                    {}};
        case ENOENT:
            return {Exit::unreachable,
                    at + "no such socket; lbd does not run, or listens elsewhere "
                         "(try: systemctl status lbd, or --socket PATH)",
                    {}};
        case ECONNREFUSED:
            return {Exit::unreachable,
                    at + "nobody listens; lbd does not run (try: systemctl status lbd)",
                    {}};
        case 0:  // libcurl did not get so far
            return {Exit::unreachable, at + "no socket could be opened (too many open files?)", {}};
        default:
            return {Exit::unreachable, at + std::strerror(static_cast<int>(connect_errno)), {}};
    }
}

}  // namespace lb::cli
