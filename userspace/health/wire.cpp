// SPDX-License-Identifier: Apache-2.0
#include "health/wire.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace lb::health {
namespace {

constexpr std::uint32_t kFormat = 0x4c420100;  // "LB", version 1
enum Kind : std::uint32_t { define_check = 1, forget_check, run_check, answer, transcript };

/// The bytes of an Answer.
struct AnswerBytes {
    std::uint32_t tag;
    std::uint32_t check;
    std::uint32_t sequence;
    std::uint8_t outcome;
    std::uint8_t reason;
    std::uint16_t detail;
    std::uint64_t duration_us;
    std::uint64_t zero;
};
static_assert(sizeof(AnswerBytes) == 32 && std::is_trivially_copyable_v<AnswerBytes>);

constexpr std::uint64_t kLongestDuration = 3'600'000'000;  // microseconds
constexpr std::int64_t kLongestTimeout = 3'600'000;        // milliseconds

class Writer {
public:
    explicit Writer(Kind kind) { number(std::uint32_t{kFormat | kind}); }

    template <class T>
    Writer& number(T value) {
        static_assert(std::is_integral_v<T>);
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
        return *this;
    }
    Writer& address(const Address& address) {
        for (const std::uint8_t byte : address.bytes)
            number(byte);
        return *this;
    }
    Writer& text(std::string_view text) {
        number(static_cast<std::uint16_t>(text.size()));
        bytes_.append(text);
        return *this;
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

/// Reads what Writer wrote.  After the first field that is not there, or too long, all fields are
/// zero or empty and whole() is false.
class Reader {
public:
    explicit Reader(std::string_view packet) : left_{packet} {}

    template <class T>
    T number() {
        T value{};
        const auto bytes = take(sizeof(value));
        if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(value));
        return value;
    }
    bool flag() {
        const auto value = number<std::uint8_t>();
        if (value > 1) broken_ = true;
        return value == 1;
    }
    Address address() {
        Address address;
        for (auto& byte : address.bytes)
            byte = number<std::uint8_t>();
        return address;
    }
    std::string text(std::size_t longest) {
        const auto size = number<std::uint16_t>();
        if (size > longest) broken_ = true;
        return std::string{take(size)};
    }
    bool whole() const { return !broken_ && left_.empty(); }

private:
    std::string_view take(std::size_t size) {
        if (size > left_.size()) broken_ = true;
        if (broken_) return {};
        const auto taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
    std::string_view left_;
    bool broken_ = false;
};

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// The texts of a question: where, how long at most, and whether it is sent as a line.
struct Text {
    const char* key;
    std::string Question::*member;
    std::size_t longest;
    bool is_line;
};
constexpr std::array kTexts{
    Text{"path", &Question::path, kLongestText, true},
    Text{"host", &Question::host, kLongestName, true},
    Text{"expect_header", &Question::expect_header, kLongestText, true},
    Text{"expect_body", &Question::expect_body, kLongestText, false},
    Text{"sni", &Question::sni, kLongestName, true},
    Text{"tls_ca", &Question::tls_ca, kLongestText, true},
    Text{"send", &Question::send, kLongestText, false},
    Text{"expect", &Question::expect, kLongestText, false},
    Text{"name", &Question::name, kLongestName, true},
    Text{"expect_answer", &Question::expect_answer, kLongestName, true},
    Text{"grpc_service", &Question::grpc_service, kLongestName, true},
};

/// What is wrong with it, or nothing.
std::string defect(const Definition& is) {
    if (is.type > CheckType::icmp) return "unknown type";
    if (is.method > HttpMethod::head || is.http_version > HttpVersion::http2 ||
        is.expect_rcode > DnsRcode::refused)
        return "unknown method, version or rcode";
    if (is.backend.port == 0 && is.type != CheckType::icmp) return "port 0";
    if (is.interface.size() > kLongestInterface || has_control(is.interface))
        return "not the name of an interface";
    if (is.timeout.count() < 1 || is.timeout.count() > kLongestTimeout)
        return "timeout outside 1ms..1h";
    for (const auto& [key, member, longest, is_line] : kTexts)
        if ((is.*member).size() > longest || (is_line && has_control(is.*member)))
            return std::string{key} + " longer than " + std::to_string(longest) +
                   " bytes or with control characters";
    if (is.expect_status.size() > kMostRanges) return "more than 64 ranges of status";
    return {};
}

std::string encode_define(const Define& define) {
    const auto& is = define.definition;
    Writer writer{define_check};
    writer.number(define.check).number(static_cast<std::uint8_t>(is.type));
    writer.address(is.backend.address);
    writer.number(static_cast<std::uint8_t>(is.from_lbd))
        .number(static_cast<std::uint8_t>(is.source.has_value()));
    if (is.source) writer.address(*is.source);
    writer.text(is.interface)
        .number(is.backend.port)
        .number(static_cast<std::uint32_t>(is.timeout.count()));
    writer.number(static_cast<std::uint8_t>(is.method))
        .number(static_cast<std::uint8_t>(is.http_version))
        .number(static_cast<std::uint8_t>(is.tls_verify))
        .number(static_cast<std::uint16_t>(is.qtype))
        .number(static_cast<std::uint8_t>(is.expect_rcode));
    for (const auto& field : kTexts)
        writer.text(is.*field.member);
    writer.number(static_cast<std::uint8_t>(is.expect_status.size()));
    for (const auto& range : is.expect_status)
        writer.number(static_cast<std::uint16_t>(range.first))
            .number(static_cast<std::uint16_t>(range.last));
    return writer.take();
}

Define decode_define(Reader& reader) {
    Define define;
    auto& is = define.definition;
    define.check = reader.number<std::uint32_t>();
    is.type = static_cast<CheckType>(reader.number<std::uint8_t>());
    is.backend.address = reader.address();
    is.from_lbd = reader.flag();
    if (reader.flag()) is.source = reader.address();
    is.interface = reader.text(kLongestInterface);
    is.backend.port = reader.number<std::uint16_t>();
    is.timeout = milliseconds{reader.number<std::uint32_t>()};
    is.method = static_cast<HttpMethod>(reader.number<std::uint8_t>());
    is.http_version = static_cast<HttpVersion>(reader.number<std::uint8_t>());
    is.tls_verify = reader.flag();
    is.qtype = static_cast<DnsType>(reader.number<std::uint16_t>());
    is.expect_rcode = static_cast<DnsRcode>(reader.number<std::uint8_t>());
    for (const auto& field : kTexts)
        is.*field.member = reader.text(field.longest);
    is.expect_status.clear();
    const auto ranges = reader.number<std::uint8_t>();
    for (unsigned i = 0; i < ranges; ++i) {
        const auto first = reader.number<std::uint16_t>();
        is.expect_status.push_back({first, reader.number<std::uint16_t>()});
    }
    return define;
}

/// Pass has the reason ok, fail a backend.*, inconclusive a local.*; nothing else exists.
bool belong_together(Outcome outcome, CheckReason reason) {
    if (reason == CheckReason::ok) return outcome == Outcome::pass;
    const bool local = reason >= CheckReason::local_descriptors;
    return outcome == (local ? Outcome::inconclusive : Outcome::fail);
}

Result<Reply> decode_answer(std::string_view packet) {
    AnswerBytes bytes;
    if (packet.size() != sizeof(bytes)) return Error{"answer of a wrong size"};
    std::memcpy(&bytes, packet.data(), sizeof(bytes));
    if (bytes.outcome > static_cast<std::uint8_t>(Outcome::inconclusive) ||
        bytes.reason >= static_cast<std::uint8_t>(CheckReason::count) || bytes.zero != 0 ||
        bytes.duration_us > kLongestDuration)
        return Error{"answer out of range"};
    Answer answer{bytes.check, bytes.sequence, {}};
    answer.result.outcome = static_cast<Outcome>(bytes.outcome);
    answer.result.reason = static_cast<CheckReason>(bytes.reason);
    answer.result.detail = bytes.detail;
    answer.result.duration = std::chrono::microseconds{bytes.duration_us};
    if (!belong_together(answer.result.outcome, answer.result.reason))
        return Error{"answer contradicts itself"};
    return Reply{answer};
}

Result<Reply> decode_transcript(std::string_view packet) {
    Reader reader{packet};
    reader.number<std::uint32_t>();
    Transcript transcript{reader.number<std::uint32_t>(), reader.number<std::uint32_t>(),
                          reader.text(kLargestTranscript)};
    const bool printable = std::all_of(transcript.text.begin(), transcript.text.end(), [](char c) {
        return c == '\n' || (c >= 0x20 && c <= 0x7e);
    });
    if (!reader.whole() || !printable) return Error{"malformed transcript"};
    return Reply{std::move(transcript)};
}

}  // namespace

Result<std::string> encode(const Request& request) {
    if (const auto* run = std::get_if<Run>(&request))
        return Writer{run_check}
            .number(run->check)
            .number(run->sequence)
            .number(static_cast<std::uint8_t>(run->verbose))
            .take();
    if (const auto* forget = std::get_if<Forget>(&request))
        return Writer{forget_check}.number(forget->check).take();
    const auto& define = std::get<Define>(request);
    if (const auto wrong = defect(define.definition); !wrong.empty())
        return Error{"check of " + define.definition.backend.text() + ": " + wrong};
    return encode_define(define);
}

Result<Request> decode_request(std::string_view packet) {
    Reader reader{packet};
    const auto tag = reader.number<std::uint32_t>();
    Request request;
    if (tag == (kFormat | define_check)) {
        request = decode_define(reader);
        if (!defect(std::get<Define>(request).definition).empty())
            return Error{"definition out of range"};
    } else if (tag == (kFormat | forget_check)) {
        request = Forget{reader.number<std::uint32_t>()};
    } else if (tag == (kFormat | run_check)) {
        Run run{reader.number<std::uint32_t>(), reader.number<std::uint32_t>(), false};
        run.verbose = reader.flag();
        request = run;
    } else {
        return Error{"message of an unknown kind or another version"};
    }
    if (!reader.whole()) return Error{"message too short or too long"};
    return request;
}

std::string encode(const Reply& reply) {
    if (const auto* said = std::get_if<Transcript>(&reply))
        return Writer{transcript}
            .number(said->check)
            .number(said->sequence)
            .text(std::string_view{said->text}.substr(0, kLargestTranscript))
            .take();
    const auto& [check, sequence, result] = std::get<Answer>(reply);
    const auto longest = static_cast<std::int64_t>(kLongestDuration);
    const auto duration = std::clamp<std::int64_t>(result.duration.count(), 0, longest);
    const AnswerBytes bytes{kFormat | answer,
                            check,
                            sequence,
                            static_cast<std::uint8_t>(result.outcome),
                            static_cast<std::uint8_t>(result.reason),
                            result.detail,
                            static_cast<std::uint64_t>(duration),
                            0};
    return {reinterpret_cast<const char*>(&bytes), sizeof(bytes)};
}

Result<Reply> decode_reply(std::string_view packet) {
    const auto tag = Reader{packet}.number<std::uint32_t>();
    if (tag == (kFormat | answer)) return decode_answer(packet);
    if (tag == (kFormat | transcript)) return decode_transcript(packet);
    return Error{"message of an unknown kind or another version"};
}

}  // namespace lb::health
