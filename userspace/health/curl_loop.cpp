// SPDX-License-Identifier: Apache-2.0
#include "health/curl_loop.hpp"

#include <utility>

#include <sys/epoll.h>

namespace lb::health {
namespace {

constexpr std::size_t kMostFiles = 16;

}  // namespace

CurlLoop::CurlLoop(Loop& loop, Sockets& sockets)
    : loop_{loop}, sockets_{sockets}, multi_{curl_multi_init()}, timer_{loop} {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlLoop::~CurlLoop() {
    for (const auto& [easy, done] : transfers_)
        curl_multi_remove_handle(multi_, easy);
    curl_multi_cleanup(multi_);
}

CurlLoop& CurlLoop::trusting(const std::string& file) {
    const auto found = trusting_.find(file);
    if (found != trusting_.end()) return *found->second;
    if (trusting_.size() == kMostFiles) return *this;
    return *trusting_.emplace(file, std::make_unique<CurlLoop>(loop_, sockets_)).first->second;
}

CURLMcode CurlLoop::add(CURL* easy, Done done) {
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlLoop::on_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
    const auto added = curl_multi_add_handle(multi_, easy);
    if (added == CURLM_OK) transfers_.emplace(easy, std::move(done));
    return added;
}

void CurlLoop::remove(CURL* easy) {
    if (transfers_.erase(easy) != 0) curl_multi_remove_handle(multi_, easy);
}

Fd CurlLoop::take_back(int socket) {
    auto left = left_.extract(socket);
    return left ? std::move(left.mapped()) : Fd{};
}

void CurlLoop::close_left() {
    for (const auto& [number, socket] : left_)
        sockets_.forget(number);
    left_.clear();
}

int CurlLoop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
    static_cast<CurlLoop*>(self)->watch(fd, what);
    return 0;
}

int CurlLoop::on_close(void* self, curl_socket_t fd) noexcept {
    static_cast<CurlLoop*>(self)->left_.emplace(fd, Fd{fd});
    return 0;
}

int CurlLoop::on_timer(CURLM*, long milliseconds, void* self) noexcept {
    static_cast<CurlLoop*>(self)->wake_in(milliseconds);
    return 0;
}

/// libcurl asks for this several times in each transfer, mostly at once or in minutes.  The timer
/// is set anew, a system call, only if it would come too late.
void CurlLoop::wake_in(long milliseconds) {
    due_ = milliseconds < 0 ? Time::max() : Loop::now() + std::chrono::milliseconds{milliseconds};
    if (due_ < wakes_at_) wake_when_due();
}

void CurlLoop::wake_when_due() {
    wakes_at_ = due_;
    timer_.at(due_, [this] {
        wakes_at_ = Time::max();
        if (Loop::now() < due_) {
            if (due_ < Time::max()) wake_when_due();
            return;
        }
        due_ = Time::max();
        act(CURL_SOCKET_TIMEOUT, 0);
    });
}

void CurlLoop::watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) return sockets_.rest(fd);
    const std::uint32_t wanted =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    sockets_.watch(fd, wanted, [this, fd, wanted](std::uint32_t events) {
        const bool is_broken = (events & (EPOLLERR | EPOLLHUP)) != 0;  // then it may try whatever
        const auto now = is_broken ? wanted : events;
        act(fd, ((now & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                    ((now & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0));
    });
}

void CurlLoop::act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    finish_done_ones();
    close_left();  // nobody took them back
}

void CurlLoop::finish_done_ones() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        CURL* easy = message->easy_handle;
        const auto code = message->data.result;
        auto transfer = transfers_.extract(easy);
        curl_multi_remove_handle(multi_, easy);  // `message` is gone with it
        if (transfer) transfer.mapped()(code);
    }
}

}  // namespace lb::health
