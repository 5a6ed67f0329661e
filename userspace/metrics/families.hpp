// SPDX-License-Identifier: Apache-2.0
/// The families of metrics, a group at a time.
#pragma once

#include "metrics/text.hpp"
#include "model/figures.hpp"
#include "model/tally.hpp"

namespace lb::metrics {

void print_configuration(const Figures& figures, const Tally& tally, Text& text);
void print_checks(const Figures& figures, Text& text);
void print_backends(const Figures& figures, Text& text);
void print_vips(const Figures& figures, Text& text);

}  // namespace lb::metrics
