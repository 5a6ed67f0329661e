// SPDX-License-Identifier: Apache-2.0
/// What several rounds of one measurement say, and how a benchmark shows it: a table for people,
/// JSON for programs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lb::bench {

/// The minimum is what the work costs; the median what it cost on this machine, with whatever else
/// ran there; the quartiles say how far that can be trusted.
struct Figure {
    double minimum, lower, median, upper;
};
/// Of at least one sample.
Figure figure(std::vector<double> samples);

/// Round by round: samples[i] / others[i], samples[i] - others[i].
std::vector<double> divided(const std::vector<double>& samples, const std::vector<double>& others);
std::vector<double> without(const std::vector<double>& samples, const std::vector<double>& others);

nlohmann::ordered_json json(const Figure& figure);
/// What the figures were measured on: processor, kernel, load before it began.
nlohmann::ordered_json machine();

/// Makes the folder, too.  Throws std::runtime_error if it cannot be written.
void write(const std::string& path, const nlohmann::ordered_json& report);

}  // namespace lb::bench
