// SPDX-License-Identifier: Apache-2.0
/// Writer and Reader: both directions through one list of keys.
///
/// json_fields names every key of a struct once: `io("port", vip.port)`.  A Writer puts the value
/// under the key, a Reader takes it from there; so what is printed can be read back.  A Reader
/// throws Malformed with the path of the key; parse_document turns it into an Error.  Unknown keys
/// are ignored: a newer lbd may have written the document.
#pragma once

#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/address.hpp"
#include "base/result.hpp"
#include "model/json_words.hpp"
#include "model/view.hpp"

namespace lb::json {

using Json = nlohmann::ordered_json;

struct Malformed {
    std::string what;
};

/// Text to a document.  Not JSON, deeper than 32 levels, a key twice: Malformed.
Json parse_text(const std::string& text);

/// "2026-07-01T12:30:00.250Z", or null for a time that never was.
Json print_time(WallTime time);
std::optional<WallTime> parse_time(const std::string& text);

/// "0x1f" and back; JSON numbers are exact to 53 bits only.
std::string print_hexadecimal(std::uint64_t number);
std::optional<std::uint64_t> parse_hexadecimal(const std::string& text);

class Writer {
public:
    Json object = Json::object();

    template <class T>
    void operator()(const char* key, const T& value) {
        object[key] = write(value);
    }
    /// A key that documents on disk did not always have: without it the value stays as it is.
    template <class T>
    void later(const char* key, const T& value) {
        (*this)(key, value);
    }
    void hexadecimal(const char* key, std::uint64_t value) {
        object[key] = print_hexadecimal(value);
    }
    void milliseconds(const char* key, std::chrono::microseconds value) {
        object[key] = static_cast<double>(value.count()) / 1000;
    }
    void maybe_milliseconds(const char* key,
                            const std::optional<std::chrono::microseconds>& value) {
        if (value)
            milliseconds(key, *value);
        else
            object[key] = Json{};
    }
    /// Null if there is none; else an object that `fill(io, *value)` fills.
    template <class T, class Fill>
    void maybe(const char* key, const std::optional<T>& value, Fill fill) {
        Writer inner;
        if (value) fill(inner, *value);
        object[key] = value ? std::move(inner.object) : Json{};
    }

private:
    template <class T>
    static Json write(const T& value) {
        if constexpr (std::is_enum_v<T>) {
            return text(value);
        } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
            return value;
        } else if constexpr (std::is_same_v<T, Address>) {
            return value.text();
        } else if constexpr (std::is_same_v<T, WallTime>) {
            return print_time(value);
        } else {
            Writer inner;
            fields(inner, value);
            return std::move(inner.object);
        }
    }
    /// Null if there is none.
    template <class T>
    static Json write(const std::optional<T>& value) {
        return value ? write(*value) : Json{};
    }
    template <class T>
    static Json write(const std::vector<T>& values) {
        auto list = Json::array();
        for (const auto& value : values)
            list.push_back(write(value));
        return list;
    }
};

class Reader {
public:
    explicit Reader(const Json& object, std::string path = {})
        : object_{object}, path_{std::move(path)} {
        if (!object.is_object()) throw Malformed{path_ + ": expected an object"};
        next_ = object.begin();
    }

    template <class T>
    void operator()(const char* key, T& value) {
        read(find(key), at(key), value);
    }
    template <class T>
    void later(const char* key, T& value) {
        if (const auto* found = look_for(key)) read(*found, at(key), value);
    }
    void hexadecimal(const char* key, std::uint64_t& value) {
        std::string digits;
        (*this)(key, digits);
        const auto number = parse_hexadecimal(digits);
        if (!number) expected("0x and hexadecimal digits", find(key), at(key));
        value = *number;
    }
    void milliseconds(const char* key, std::chrono::microseconds& value) {
        double number = 0;
        (*this)(key, number);
        constexpr double day = 24 * 3600 * 1000;
        if (!(number >= 0 && number <= day)) expected("less than a day", find(key), at(key));
        value = std::chrono::microseconds{std::llround(number * 1000)};
    }
    void maybe_milliseconds(const char* key, std::optional<std::chrono::microseconds>& value) {
        if (find(key).is_null()) return value.reset();
        milliseconds(key, value.emplace());
    }
    template <class T, class Fill>
    void maybe(const char* key, std::optional<T>& value, Fill fill) {
        const auto& found = find(key);
        if (found.is_null()) return value.reset();
        Reader inner{found, at(key)};
        fill(inner, value.emplace());
    }

private:
    std::string at(const char* key) const { return path_.empty() ? key : path_ + "." + key; }
    const Json& find(const char* key) {
        const auto* found = look_for(key);
        if (!found) throw Malformed{at(key) + ": missing"};
        return *found;
    }
    /// Most often it is the next one: keys are asked for in the order in which they were written.
    const Json* look_for(const char* key) {
        const auto found = next_ != object_.end() && next_.key() == key ? next_ : object_.find(key);
        if (found == object_.end()) return nullptr;
        next_ = std::next(found);
        return &*found;
    }
    [[noreturn]] static void expected(const char* what, const Json& got, const std::string& path) {
        throw Malformed{path + ": expected " + what + ", got " + got.dump(-1, ' ', true)};
    }

    template <class T>
    static void read(const Json& json, const std::string& path, T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            if (!json.is_boolean()) expected("true or false", json, path);
            value = json.get<bool>();
        } else if constexpr (std::is_enum_v<T>) {
            if (!json.is_string() || !parse_word(json.get<std::string>(), value))
                expected("one of the documented words", json, path);
        } else if constexpr (std::is_integral_v<T>) {
            value = read_integer<T>(json, path);
        } else if constexpr (std::is_floating_point_v<T>) {
            if (!json.is_number()) expected("a number", json, path);
            value = json.get<T>();
        } else if constexpr (std::is_same_v<T, std::string>) {
            if (!json.is_string()) expected("a text", json, path);
            value = json.get<std::string>();
        } else if constexpr (std::is_same_v<T, Address>) {
            const auto address =
                json.is_string() ? Address::parse(json.get<std::string>()) : std::nullopt;
            if (!address) expected("an address", json, path);
            value = *address;
        } else if constexpr (std::is_same_v<T, WallTime>) {
            const auto time =
                json.is_string() ? parse_time(json.get<std::string>()) : std::optional{WallTime{}};
            if (!time || !(json.is_string() || json.is_null())) expected("a time", json, path);
            value = *time;
        } else {
            Reader inner{json, path};
            fields(inner, value);
        }
    }
    template <class T>
    static void read(const Json& json, const std::string& path, std::optional<T>& value) {
        if (json.is_null()) return value.reset();
        read(json, path, value.emplace());
    }
    template <class T>
    static void read(const Json& json, const std::string& path, std::vector<T>& values) {
        if (!json.is_array()) expected("a list", json, path);
        values.clear();
        for (const auto& entry : json) {
            const auto place = path + "[" + std::to_string(values.size()) + "]";
            read(entry, place, values.emplace_back());
        }
    }
    template <class T>
    static T read_integer(const Json& json, const std::string& path) {
        if (!json.is_number_integer()) expected("a whole number", json, path);
        const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                    : std::in_range<T>(json.get<std::int64_t>());
        if (!fits) expected("a smaller number", json, path);
        return json.get<T>();
    }

    const Json& object_;
    std::string path_;
    Json::const_iterator next_;
};

inline constexpr int kSchemaVersion = 1;

/// A document that has its schema_version and nothing else yet; and its text.
Writer new_document();
std::string dump(const Json& document);

template <class Struct>
std::string print_document(const Struct& value) {
    auto writer = new_document();
    fields(writer, value);
    return dump(writer.object);
}

/// What `fill(reader, value)` takes from a document.
template <class Value, class Fill>
Result<Value> parse_document(const std::string& text, Fill fill) {
    try {
        const auto document = parse_text(text);
        Reader reader{document};
        int version = 0;
        reader("schema_version", version);
        if (version != kSchemaVersion)
            return Error{"schema_version: expected 1, got " + std::to_string(version)};
        Value value;
        fill(reader, value);
        return value;
    } catch (const Malformed& malformed) {
        return Error{malformed.what};
    }
}

template <class Struct>
Result<Struct> parse_document(const std::string& text) {
    return parse_document<Struct>(text, [](auto& reader, auto& value) { fields(reader, value); });
}

}  // namespace lb::json
