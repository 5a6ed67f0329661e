// SPDX-License-Identifier: Apache-2.0
/// A text to a document, in one pass.  The library's own way to look at what it reads (a callback)
/// walks over a whole list again for each of its elements: a day's events would take seconds.
#include "model/json_io.hpp"

namespace lb::json {
namespace {

constexpr std::size_t kDeepest = 32;

/// Told what is read, one after the other.  Invariant: each of open_ is the last child of the one
/// before it, so none of them moves.
class Builder : public nlohmann::json_sax<Json> {
public:
    explicit Builder(Json& document) : next_{&document} {}

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t& value) override { return put(std::move(value)); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        const auto [place, is_new] = open_.back()->emplace(name, nullptr);
        if (!is_new) throw Malformed{Json(name).dump() + " twice"};
        next_ = &*place;
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
        throw Malformed{std::string{"not JSON: "} + error.what()};
    }

private:
    template <class T>
    Json& place(T&& value) {
        if (!open_.empty() && open_.back()->is_array())
            return open_.back()->emplace_back(std::forward<T>(value));
        return *next_ = Json(std::forward<T>(value));
    }
    template <class T>
    bool put(T&& value) {
        place(std::forward<T>(value));
        return true;
    }
    bool open(Json container) {
        if (open_.size() == kDeepest) throw Malformed{"nested deeper than 32 levels"};
        open_.push_back(&place(std::move(container)));
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::vector<Json*> open_;
    Json* next_;  // the document, or the value of the last key
};

}  // namespace

Json parse_text(const std::string& text) {
    Json document;
    Builder builder{document};
    Json::sax_parse(text, &builder);
    return document;
}

}  // namespace lb::json
