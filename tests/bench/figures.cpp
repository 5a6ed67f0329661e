// SPDX-License-Identifier: Apache-2.0
#include "bench/figures.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>

#include <sys/utsname.h>
#include <unistd.h>

namespace lb::bench {
namespace {

/// The value below which that share of the samples lies, between two samples in proportion.
double quantile(const std::vector<double>& sorted, double share) {
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const auto above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

template <class Operation>
std::vector<double> paired(const std::vector<double>& samples, const std::vector<double>& others,
                           Operation operation) {
    std::vector<double> result;
    const auto rounds = std::min(samples.size(), others.size());
    std::transform(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(rounds),
                   others.begin(), std::back_inserter(result), operation);
    return result;
}

std::string processor() {
    std::ifstream file{"/proc/cpuinfo"};
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) return line.substr(line.find(": ") + 2);
    return "unknown";
}

}  // namespace

Figure figure(std::vector<double> samples) {
    if (samples.empty()) throw std::runtime_error("a figure without samples");
    std::ranges::sort(samples);
    return {samples.front(), quantile(samples, 0.25), quantile(samples, 0.5),
            quantile(samples, 0.75)};
}

std::vector<double> divided(const std::vector<double>& samples, const std::vector<double>& others) {
    return paired(samples, others, std::divides<>{});
}

std::vector<double> without(const std::vector<double>& samples, const std::vector<double>& others) {
    return paired(samples, others, std::minus<>{});
}

nlohmann::ordered_json json(const Figure& figure) {
    return {{"min", figure.minimum},
            {"lower_quartile", figure.lower},
            {"median", figure.median},
            {"upper_quartile", figure.upper}};
}

nlohmann::ordered_json machine() {
    utsname kernel{};
    uname(&kernel);
    double load = 0;
    getloadavg(&load, 1);
    return {{"processor", processor()},
            {"cpus", sysconf(_SC_NPROCESSORS_ONLN)},
            {"kernel", kernel.release},
            {"load_before", load}};
}

void write(const std::string& path, const nlohmann::ordered_json& report) {
    const auto folder = std::filesystem::path{path}.parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder);
    std::ofstream file{path};
    file << report.dump(2) << '\n';
    file.flush();
    if (!file) throw std::runtime_error("write " + path);
}

}  // namespace lb::bench
