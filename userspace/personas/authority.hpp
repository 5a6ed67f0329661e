// SPDX-License-Identifier: Apache-2.0
/// Authority: makes the certificates of the personas that speak TLS, and is what checks of them
/// trust in the place of `tls_ca`.  It lives in memory only: nothing is left behind.
#pragma once

#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb::personas {

struct OpenSslFreed {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, OpenSslFreed>;
using Certificate = std::unique_ptr<X509, OpenSslFreed>;

/// What a server needs.
struct Identity {
    Key key;
    Certificate certificate;
};

enum class Dates { valid, expired };

class Authority {
public:
    static Result<Authority> make();

    /// For `name`, which is a host name or an address.
    Result<Identity> certify(const std::string& name, Dates dates) const;
    /// A path of its own certificate, PEM, for as long as it lives.
    std::string file() const;

private:
    Authority(Identity own, Fd pem) : own_{std::move(own)}, pem_{std::move(pem)} {}

    Identity own_;
    Fd pem_;
};

}  // namespace lb::personas
