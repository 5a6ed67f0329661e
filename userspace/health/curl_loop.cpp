// SPDX-License-Identifier: Apache-2.0
#include "health/curl_loop.hpp"

#include <utility>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

namespace lb::health {

/// A descriptor of libcurl's, and what it waits for there.
struct CurlLoop::Socket : std::enable_shared_from_this<CurlLoop::Socket> {
    Socket(CurlLoop& o, asio::io_context& context, curl_socket_t f)
        : owner{o}, fd{f}, descriptor{context, f} {}
    ~Socket() { descriptor.release(); }  // not ours to close

    /// Waits for what is wanted and not waited for yet.
    void wait() {
        using Descriptor = asio::posix::stream_descriptor;
        if ((wanted & CURL_POLL_IN) && !std::exchange(reading, true))
            descriptor.async_wait(Descriptor::wait_read,
                                  [self = shared_from_this()](std::error_code stopped) {
                                      self->reading = false;
                                      self->ready(stopped, CURL_POLL_IN, CURL_CSELECT_IN);
                                  });
        if ((wanted & CURL_POLL_OUT) && !std::exchange(writing, true))
            descriptor.async_wait(Descriptor::wait_write,
                                  [self = shared_from_this()](std::error_code stopped) {
                                      self->writing = false;
                                      self->ready(stopped, CURL_POLL_OUT, CURL_CSELECT_OUT);
                                  });
    }

    void ready(std::error_code stopped, int what, int event) {
        if (stopped || !(wanted & what)) return;
        const auto self = shared_from_this();
        owner.act(fd, event);
        wait();  // asks `wanted` again: act() may have ended it
    }

    CurlLoop& owner;
    curl_socket_t fd;
    asio::posix::stream_descriptor descriptor;
    int wanted = 0;  // CURL_POLL_IN, _OUT; 0: libcurl let go of it
    bool reading = false;
    bool writing = false;
};

CurlLoop::CurlLoop(Loop& loop) : loop_{loop}, multi_{curl_multi_init()}, timer_{loop} {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlLoop::~CurlLoop() {
    for (const auto& [easy, done] : transfers_)
        curl_multi_remove_handle(multi_, easy);
    curl_multi_cleanup(multi_);
    for (const auto& [fd, socket] : sockets_)
        socket->wanted = 0;
}

CURLMcode CurlLoop::add(CURL* easy, Done done) {
    const auto added = curl_multi_add_handle(multi_, easy);
    if (added == CURLM_OK) transfers_.emplace(easy, std::move(done));
    return added;
}

void CurlLoop::remove(CURL* easy) {
    if (transfers_.erase(easy) != 0) curl_multi_remove_handle(multi_, easy);
}

int CurlLoop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
    static_cast<CurlLoop*>(self)->watch(fd, what);
    return 0;
}

int CurlLoop::on_timer(CURLM*, long milliseconds, void* self) noexcept {
    auto& loop = *static_cast<CurlLoop*>(self);
    if (milliseconds < 0)
        loop.timer_.cancel();
    else
        loop.timer_.in(std::chrono::milliseconds{milliseconds},
                       [&loop] { loop.act(CURL_SOCKET_TIMEOUT, 0); });
    return 0;
}

void CurlLoop::watch(curl_socket_t fd, int what) {
    auto found = sockets_.find(fd);
    if (what == CURL_POLL_REMOVE) {
        if (found == sockets_.end()) return;
        found->second->wanted = 0;
        found->second->descriptor.release();  // libcurl closes it now
        sockets_.erase(found);
        return;
    }
    if (found == sockets_.end())
        found = sockets_.emplace(fd, std::make_shared<Socket>(*this, loop_.context(), fd)).first;
    found->second->wanted = what;
    found->second->wait();
}

void CurlLoop::act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, events, &running);
    finish_done_ones();
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
