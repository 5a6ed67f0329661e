// SPDX-License-Identifier: Apache-2.0
/// Tens of thousands of events: no more is made of them than who asks needs, and that on all
/// processors.
#include <string_view>

#include "base/parallel.hpp"
#include "model/json_event.hpp"
#include "model/json_io.hpp"

namespace lb::json {
namespace {

constexpr std::size_t kDeepest = 32;

/// Told what is read of a line.  Keeps which schema it has, and when it was written.
class Glance : public nlohmann::json_sax<Json> {
public:
    bool null() override { return true; }
    bool boolean(bool) override { return true; }
    bool number_integer(number_integer_t) override { return true; }
    bool number_unsigned(number_unsigned_t value) override {
        if (is_at("schema")) schema_ = value;
        return true;
    }
    bool number_float(number_float_t, const string_t&) override { return true; }
    bool string(string_t& value) override {
        if (is_at("ts")) at_ = parse_time(value);
        return true;
    }
    bool binary(binary_t&) override { return true; }
    bool start_object(std::size_t) override { return ++depth_ <= kDeepest; }
    bool start_array(std::size_t) override { return ++depth_ <= kDeepest; }
    bool end_object() override { return --depth_, true; }
    bool end_array() override { return --depth_, true; }
    bool key(string_t& name) override {
        if (depth_ == 1) key_ = name;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
        return false;
    }

    std::optional<WallTime> time() const { return schema_ == kSchemaVersion ? at_ : std::nullopt; }

private:
    bool is_at(std::string_view key) const { return depth_ == 1 && key_ == key; }
    std::size_t depth_ = 0;
    std::string key_;  // the last of the line's own
    std::uint64_t schema_ = 0;
    std::optional<WallTime> at_;
};

constexpr std::string_view kBetween = ",\n", kEnd = "\n]}\n";

std::string beginning() {
    return "{\"schema_version\": " + std::to_string(kSchemaVersion) + ", \"events\": [\n";
}

/// The lines of what print_lines() has printed; absent: somebody else did.  No end of a line is in
/// an event, as texts of JSON have none.
std::optional<std::vector<std::string>> lines_in(std::string_view text) {
    const auto begin = beginning();
    if (!text.starts_with(begin + "{") || !text.ends_with("}" + std::string{kEnd})) return {};
    text.remove_prefix(begin.size());
    text.remove_suffix(kEnd.size());
    std::vector<std::string> lines;
    for (auto end = text.find(kBetween); end != text.npos; end = text.find(kBetween)) {
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + kBetween.size());
    }
    lines.emplace_back(text);
    return lines;
}

/// Those of a list that was printed otherwise.
std::vector<std::string> lines_of(const Json& document) {
    Reader reader{document};
    int version = 0;
    reader("schema_version", version);
    if (version != kSchemaVersion)
        throw Malformed{"schema_version: expected 1, got " + std::to_string(version)};
    const auto list = document.find("events");
    if (list == document.end() || !list->is_array()) throw Malformed{"events: expected a list"};
    std::vector<std::string> lines;
    for (const auto& event : *list)
        lines.push_back(event.dump());
    return lines;
}

/// Absent: some line is no JSON, so these are no lines of a list.
std::optional<std::vector<Event>> events_in(const std::vector<std::string>& lines) {
    std::vector<std::optional<Event>> found(lines.size());
    in_parallel(lines.size(), [&](std::size_t i) {
        if (auto event = parse_line(lines[i])) found[i] = std::move(*event);
    });
    std::vector<Event> events;
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (found[i])
            events.push_back(std::move(*found[i]));
        else if (!Json::accept(lines[i]))
            return {};
    return events;
}

}  // namespace

Result<WallTime> time_in_line(const std::string& line) {
    Glance glance;
    const bool is_read = Json::sax_parse(line, &glance);
    if (const auto at = glance.time(); is_read && at) return *at;
    return Error{"no event of schema " + std::to_string(kSchemaVersion)};
}

std::string print(const std::vector<Event>& events) {
    std::vector<std::string> lines;
    for (const auto& event : events)
        lines.push_back(print_line(event));
    return print_lines(lines);
}

/// As they are: there may be tens of thousands.
std::string print_lines(const std::vector<std::string>& lines) {
    if (lines.empty()) return beginning() + "]}\n";
    auto text = beginning();
    for (const auto& line : lines)
        text.append(line).append(kBetween);
    text.resize(text.size() - kBetween.size());
    return text.append(kEnd);
}

Result<std::vector<Event>> parse_events(const std::string& text) {
    try {
        if (const auto lines = lines_in(text))
            if (auto events = events_in(*lines)) return std::move(*events);
        return events_in(lines_of(parse_text(text))).value_or(std::vector<Event>{});
    } catch (const Malformed& malformed) {
        return Error{malformed.what};
    }
}

}  // namespace lb::json
