// SPDX-License-Identifier: Apache-2.0
/// families: every family of metrics, once; docs/metrics.md has its list from here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "metrics/text.hpp"
#include "model/figures.hpp"
#include "model/tally.hpp"

namespace lb::metrics {

struct Family {
    std::string_view name;  ///< without the prefix `lbd_`
    Kind kind;
    std::string_view labels;  ///< "vip, pool"; without a histogram's `le`
    std::string_view unit;    ///< empty: none, or its meaning says it
    std::string_view help;    ///< a sentence, in Markdown
};

std::span<const Family> families();

/// Text::begin() with what the table says.
void begin(std::string_view name, Text& text);

/// Of 12 hexadecimal digits: a double holds them exactly.
std::uint64_t number_of_hash(const std::string& hash);

/// The table as Markdown, as it stands in docs/metrics.md.
std::string reference();

// The values, a group of families at a time.
void print_configuration(const Figures& figures, const Tally& tally, Text& text);
void print_checks(const Figures& figures, Text& text);
void print_backends(const Figures& figures, Text& text);
void print_vips(const Figures& figures, Text& text);

}  // namespace lb::metrics
