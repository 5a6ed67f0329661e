// SPDX-License-Identifier: Apache-2.0
/// Fd: the owner of a file descriptor.  Invariant: it is -1, or open and nobody else's.
#pragma once

#include <utility>

namespace lb {

class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_{fd} {}
    Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
    Fd& operator=(Fd&& other) noexcept {
        Fd taken{std::move(other)};
        std::swap(fd_, taken.fd_);  // `taken` closes what we held
        return *this;
    }
    ~Fd();

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    /// The caller owns it from now on.
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_ = -1;
};

}  // namespace lb
