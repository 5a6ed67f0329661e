// SPDX-License-Identifier: Apache-2.0
#include "personas/authority.hpp"

#include <cerrno>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/mman.h>

#include "base/address.hpp"

namespace lb::personas {
namespace {

constexpr long kDay = 24 * 3600;

Error openssl_error(const char* doing) {
    std::string why(256, '\0');
    ERR_error_string_n(ERR_get_error(), why.data(), why.size());
    return Error{std::string{doing} + ": " + why.c_str()};
}

struct Freed {
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
    void operator()(BASIC_CONSTRAINTS* constraints) const { BASIC_CONSTRAINTS_free(constraints); }
    void operator()(BIO* bio) const { BIO_free(bio); }
};

/// A certificate without a signature; its subject is only for people.
Certificate blank(EVP_PKEY* key, const char* subject, X509_NAME* issuer, Dates dates) {
    Certificate made{X509_new()};
    if (!made) return nullptr;
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), issuer ? 2 : 1);  // nobody keeps a list
    X509_set_version(made.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60 * kDay);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), dates == Dates::valid ? kDay : -30 * kDay);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(subject), -1, -1, 0);
    X509_set_issuer_name(made.get(), issuer ? issuer : X509_get_subject_name(made.get()));
    X509_set_pubkey(made.get(), key);
    return made;
}

bool may_sign(X509* certificate) {
    const std::unique_ptr<BASIC_CONSTRAINTS, Freed> constraints{BASIC_CONSTRAINTS_new()};
    if (!constraints) return false;
    constraints->ca = 1;
    return X509_add1_ext_i2d(certificate, NID_basic_constraints, constraints.get(), 1, 0) == 1;
}

/// subjectAltName: an address is no DNS name (RFC 5280, 4.2.1.6).
bool is_for(X509* certificate, const std::string& text) {
    const auto address = Address::parse(text);
    std::string bytes = text;
    if (address) {
        const auto from = address->is_v4() ? 12 : 0;
        bytes = std::string{address->bytes.begin() + from, address->bytes.end()};
    }
    const std::unique_ptr<GENERAL_NAMES, Freed> names{GENERAL_NAMES_new()};
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_STRING* value = ASN1_STRING_type_new(address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    if (!names || !name || !value ||
        ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) != 1)
        return false;
    GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
    sk_GENERAL_NAME_push(names.get(), name);
    return X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1;
}

Result<Fd> written(X509* certificate) {
    Fd file{memfd_create("authority", MFD_CLOEXEC)};
    if (!file) return Error::from_errno("memfd_create", errno);
    const std::unique_ptr<BIO, Freed> out{BIO_new_fd(file.get(), BIO_NOCLOSE)};
    if (!out || PEM_write_bio_X509(out.get(), certificate) != 1)
        return openssl_error("write a certificate");
    return file;
}

}  // namespace

Result<Authority> Authority::make() {
    Identity own{Key{EVP_EC_gen("P-256")}, nullptr};
    if (!own.key) return openssl_error("make a key");
    own.certificate = blank(own.key.get(), "lbctl test", nullptr, Dates::valid);
    if (!own.certificate || !may_sign(own.certificate.get()) ||
        X509_sign(own.certificate.get(), own.key.get(), EVP_sha256()) == 0)
        return openssl_error("make an authority");
    auto pem = written(own.certificate.get());
    if (!pem) return pem.error();
    return Authority{std::move(own), std::move(*pem)};
}

Result<Identity> Authority::certify(const std::string& name, Dates dates) const {
    Identity made{Key{EVP_EC_gen("P-256")}, nullptr};
    if (!made.key) return openssl_error("make a key");
    auto* issuer = X509_get_subject_name(own_.certificate.get());
    made.certificate = blank(made.key.get(), "a persona of lbctl test", issuer, dates);
    if (!made.certificate || !is_for(made.certificate.get(), name) ||
        X509_sign(made.certificate.get(), own_.key.get(), EVP_sha256()) == 0)
        return openssl_error("make a certificate");
    return made;
}

std::string Authority::file() const {
    return "/proc/self/fd/" + std::to_string(pem_.get());
}

}  // namespace lb::personas
