// SPDX-License-Identifier: Apache-2.0
/// Describer: takes a Writer's place in a list of keys (json_io.hpp), and keeps what they may hold.
#pragma once

#include <algorithm>
#include <type_traits>

#include "model/json_io.hpp"
#include "model/json_schema.hpp"

namespace lb::json {

/// The name of a struct's schema.
template <class Struct>
inline constexpr const char* kSchema = nullptr;

/// Schemas by name, each once.
class Schemas {
public:
    /// That of a struct and of all that is in it; returns its name.
    template <class Struct>
    std::string add();
    /// That of the keys which `fill(describer)` lists, if there is none of this name.
    template <class Fill>
    void add(const std::string& name, Fill fill);

    std::vector<Schema> take() { return std::move(all_); }

private:
    std::vector<Schema> all_;
};

class Describer {
public:
    explicit Describer(Schemas& schemas) : schemas_{schemas} {}

    std::vector<Key> keys;

    template <class T>
    void operator()(const char* key, const T&) {
        keys.push_back({key, shape_of(Type<T>{})});
    }
    template <class T>
    void later(const char* key, const T& value) {
        (*this)(key, value);
        keys.back().is_later = true;
    }
    void hexadecimal(const char* key, std::uint64_t) { keys.push_back({key, {"string"}}); }
    void milliseconds(const char* key, std::chrono::microseconds) {
        keys.push_back({key, {"number"}});
    }
    void maybe_milliseconds(const char* key, const std::optional<std::chrono::microseconds>&) {
        keys.push_back({key, {.type = "number", .may_be_null = true}});
    }
    template <class T, class Fill>
    void maybe(const char* key, const std::optional<T>&, Fill fill) {
        const std::string name = kSchema<T>;
        schemas_.add(name, [&](auto& inner) {
            const T value{};
            fill(inner, value);
        });
        keys.push_back({key, {.type = name, .may_be_null = true}});
    }

private:
    template <class T>
    struct Type {};

    template <class T>
    Shape shape_of(Type<std::optional<T>>) {
        auto shape = shape_of(Type<T>{});
        shape.may_be_null = true;
        return shape;
    }
    template <class T>
    Shape shape_of(Type<std::vector<T>>) {
        auto shape = shape_of(Type<T>{});
        shape.is_list = true;
        return shape;
    }
    template <class T>
    Shape shape_of(Type<T>) {
        if constexpr (std::is_same_v<T, bool>) {
            return {"boolean"};
        } else if constexpr (std::is_integral_v<T>) {
            return {"integer"};
        } else if constexpr (std::is_floating_point_v<T>) {
            return {"number"};
        } else if constexpr (std::is_same_v<T, WallTime>) {
            return {"time"};
        } else if constexpr (std::is_enum_v<T>) {
            return {"string", words(kChoices<T>)};
        } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, Address>) {
            return {"string"};
        } else {
            return {schemas_.add<T>()};
        }
    }
    template <class Choices>
    static std::vector<std::string> words(const Choices& choices) {
        std::vector<std::string> words;
        for (const auto choice : choices)
            words.emplace_back(text(choice));
        return words;
    }

    Schemas& schemas_;
};

template <class Struct>
std::string Schemas::add() {
    static_assert(kSchema<Struct> != nullptr, "a schema needs a name");
    add(kSchema<Struct>, [](auto& io) {
        const Struct value{};
        fields(io, value);
    });
    return kSchema<Struct>;
}

template <class Fill>
void Schemas::add(const std::string& name, Fill fill) {
    if (std::ranges::find(all_, name, &Schema::name) != all_.end()) return;
    const auto place = all_.size();
    all_.push_back({name, {}});
    Describer describer{*this};
    fill(describer);
    all_[place].keys = std::move(describer.keys);
}

}  // namespace lb::json
