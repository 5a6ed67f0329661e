// SPDX-License-Identifier: Apache-2.0
/// Any bytes as a configuration: reading, judging and printing never crash, and what is valid is
/// read back from its canonical text as the same canonical text.
#include <cstdint>
#include <cstdlib>

#include "checklist/format.hpp"
#include "checklist/registry.hpp"
#include "config/print.hpp"
#include "config/reader.hpp"

namespace {

lb::Result<std::string> read_nothing(const std::string& path) {
    if (path == "seed") return std::string{"000102030405060708090a0b0c0d0e0f\n"};
    return lb::Error{path + ": no files here"};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lb;
    const std::string text{reinterpret_cast<const char*>(data), size};
    const auto reading = config::read(text, read_nothing);
    const auto review = checklist::review(reading, *parse_date("2026-12-01"));
    const auto& findings = review.findings;
    (void)checklist::as_text(findings, "fuzz.yaml", text);
    (void)checklist::as_json(findings, "fuzz.yaml");
    (void)checklist::as_sarif(review, "fuzz.yaml");
    (void)checklist::as_junit(review, "fuzz.yaml", true);
    (void)checklist::as_checklist(review, "fuzz.yaml");
    const auto canonical = config::print(reading.spec, config::Secrets::shown);
    if (has_errors(findings)) return 0;
    const auto again = config::read(canonical, read_nothing);
    if (!again.findings.empty()) std::abort();
    if (config::print(again.spec, config::Secrets::shown) != canonical) std::abort();
    return 0;
}
