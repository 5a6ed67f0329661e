// SPDX-License-Identifier: Apache-2.0
/// CurlLoop: libcurl's transfers on our loop, through its multi socket interface.
///
/// libcurl owns the descriptors and says which it wants watched; it is called only from the
/// loop, never from within one of its callbacks (libcurl forbids that).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include <curl/curl.h>

#include "base/fd.hpp"
#include "base/loop.hpp"
#include "health/sockets.hpp"

namespace lb::health {

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

class CurlLoop {
public:
    using Done = std::function<void(CURLcode)>;

    CurlLoop(Loop& loop, Sockets& sockets);
    ~CurlLoop();
    CurlLoop(const CurlLoop&) = delete;

    /// The one for transfers that trust the authorities in this file ("": the system's): in each,
    /// libcurl keeps what it has read of one file.  The same one from the 17th file on: it reads.
    CurlLoop& trusting(const std::string& file);

    /// Starts the transfer.  `done` comes later, from the loop, unless it is removed before.
    CURLMcode add(CURL* easy, Done done);
    /// Before `easy` is freed; harmless when it is done.
    void remove(CURL* easy);
    /// The socket of a transfer that has ended just now, as libcurl leaves it: still connected.
    /// Nothing: it is closed already.
    Fd take_back(int socket);

private:
    static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept;
    static int on_close(void* self, curl_socket_t fd) noexcept;
    static int on_timer(CURLM*, long milliseconds, void* self) noexcept;
    void wake_in(long milliseconds);
    void wake_when_due();
    void watch(curl_socket_t fd, int what);
    void act(curl_socket_t fd, int events);
    void finish_done_ones();
    void close_left();

    Loop& loop_;
    Sockets& sockets_;
    std::unordered_map<std::string, std::unique_ptr<CurlLoop>> trusting_;  // by file
    CURLM* multi_;
    Timer timer_;
    Time due_ = Time::max();       // libcurl wants to be called; max: it does not
    Time wakes_at_ = Time::max();  // the timer, not after due_
    std::unordered_map<CURL*, Done> transfers_;
    std::unordered_map<int, Fd> left_;  // what libcurl has done with, until the end of this turn
};

}  // namespace lb::health
