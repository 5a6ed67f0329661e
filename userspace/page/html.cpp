// SPDX-License-Identifier: Apache-2.0
#include "page/html.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "base/date.hpp"

namespace lb::page {
namespace {

std::string formatted(const char* format, double value) {
    std::array<char, 64> digits{};
    const auto size = std::snprintf(digits.data(), digits.size(), format, value);
    return {digits.data(), static_cast<std::size_t>(size)};
}

std::string stamp(const char* format, WallTime time) {
    const auto seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 64> out{};
    return {out.data(), std::strftime(out.data(), out.size(), format, &parts)};
}

}  // namespace

std::string text(std::string_view plain) {
    std::string out;
    out.reserve(plain.size());
    for (const char c : plain)
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                    out += "\uFFFD";
                else
                    out += c;
        }
    return out;
}

std::string sentence(std::string_view plain) {
    return plain.empty() ? std::string{} : "<bdi>" + text(plain) + "</bdi>";
}

std::string moment(WallTime time, WallTime now) {
    if (time == WallTime{}) return "-";
    const bool is_today = day_of(time) == day_of(now);
    return "<time datetime=\"" + stamp("%Y-%m-%dT%H:%M:%SZ", time) + "\">" +
           stamp(is_today ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", time) + "</time>";
}

std::string percent(double ratio) {
    return formatted("%.1f %%", 100 * ratio);
}

std::string amount(double value) {
    return formatted(value < 10 && value != std::floor(value) ? "%.1f" : "%.0f", value);
}

std::string latency(std::chrono::microseconds time) {
    return formatted("%.1f ms", static_cast<double>(time.count()) / 1000);
}

std::string counted(std::size_t count, const std::string& what) {
    return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string cell(std::string_view html) {
    return "<td>" + std::string{html} + "</td>";
}

std::string heading_cell(std::string_view html) {
    return "<th scope=\"row\">" + std::string{html} + "</th>";
}

std::string table_head(std::string_view caption, std::initializer_list<const char*> columns) {
    std::string html = "<caption>" + std::string{caption} + "</caption>\n<thead><tr>";
    for (const char* column : columns)
        html += std::string{"<th scope=\"col\">"} + column + "</th>";
    return html + "</tr></thead>\n";
}

}  // namespace lb::page
