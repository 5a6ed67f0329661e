// SPDX-License-Identifier: Apache-2.0
// The instruction set: Documentation/bpf/standardization/instruction-set.rst of the kernel
// (RFC 9669), as far as clang -mcpu=v3 uses it.
#include "bench/interpreter.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <stdexcept>
#include <string>

#include <bpf/bpf.h>

namespace lb::bench {
namespace {

constexpr std::size_t kHeadroom = 256, kTailroom = 256, kStack = 512;

[[noreturn]] void unknown(const char* what, int number) {
    throw std::runtime_error(std::string{"interpreter: unknown "} + what + " " +
                             std::to_string(number));
}

std::size_t width(std::uint8_t code) {
    switch (BPF_SIZE(code)) {
        case BPF_B:
            return 1;
        case BPF_H:
            return 2;
        case BPF_W:
            return 4;
        default:
            return 8;
    }
}

std::uint64_t load(std::uint64_t address, std::size_t size) {
    std::uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const void*>(address), size);
    return value;
}

void store(std::uint64_t address, std::uint64_t value, std::size_t size) {
    std::memcpy(reinterpret_cast<void*>(address), &value, size);
}

/// Both are zero-extended if the operation is on 32 bits.
template <class Word>
Word calculate(std::uint8_t code, Word a, Word b) {
    using Signed = std::make_signed_t<Word>;
    const auto shift = static_cast<unsigned>(b & (sizeof(Word) * 8 - 1));
    switch (BPF_OP(code)) {
        case BPF_ADD:
            return a + b;
        case BPF_SUB:
            return a - b;
        case BPF_MUL:
            return a * b;
        case BPF_DIV:
            return b ? a / b : 0;
        case BPF_MOD:
            return b ? a % b : a;
        case BPF_OR:
            return a | b;
        case BPF_AND:
            return a & b;
        case BPF_XOR:
            return a ^ b;
        case BPF_LSH:
            return a << shift;
        case BPF_RSH:
            return a >> shift;
        case BPF_ARSH:
            return static_cast<Word>(static_cast<Signed>(a) >> shift);
        case BPF_NEG:
            return -a;
        case BPF_MOV:
            return b;
    }
    unknown("operation", code);
}

template <class Word>
bool compare(std::uint8_t code, Word a, Word b) {
    using Signed = std::make_signed_t<Word>;
    const auto x = static_cast<Signed>(a), y = static_cast<Signed>(b);
    switch (BPF_OP(code)) {
        case BPF_JEQ:
            return a == b;
        case BPF_JNE:
            return a != b;
        case BPF_JGT:
            return a > b;
        case BPF_JGE:
            return a >= b;
        case BPF_JLT:
            return a < b;
        case BPF_JLE:
            return a <= b;
        case BPF_JSET:
            return (a & b) != 0;
        case BPF_JSGT:
            return x > y;
        case BPF_JSGE:
            return x >= y;
        case BPF_JSLT:
            return x < y;
        case BPF_JSLE:
            return x <= y;
    }
    unknown("jump", code);
}

/// bswap: to big endian on a little-endian machine, or just the lower bits.
std::uint64_t in_order(std::uint64_t value, std::int32_t bits, bool big) {
    static_assert(std::endian::native == std::endian::little);
    if (!big) return bits == 64 ? value : value & ((1ull << bits) - 1);
    return __builtin_bswap64(value) >> (64 - bits);
}

}  // namespace

/// The frame with room around it, and the context in which the program finds it.
struct Interpreter::Packet {
    explicit Packet(const test::Frame& frame, std::uint32_t ifindex)
        : memory(kHeadroom + frame.bytes.size() + kTailroom) {
        std::memcpy(memory.data() + kHeadroom, frame.bytes.data(), frame.bytes.size());
        data = reinterpret_cast<std::uint64_t>(memory.data()) + kHeadroom;
        end = data + frame.bytes.size();
        context.ingress_ifindex = ifindex;
    }
    test::Frame frame() const {
        const auto* first = reinterpret_cast<const std::uint8_t*>(data);
        return {{first, first + (end - data)}};
    }
    bool is_context(std::uint64_t address) const {
        return address - reinterpret_cast<std::uint64_t>(&context) < sizeof context;
    }
    /// Its pointers are 32 bits wide for the program, and 64 for the kernel and us.
    std::uint64_t load_context(std::uint64_t address) const {
        if (address == reinterpret_cast<std::uint64_t>(&context.data)) return data;
        if (address == reinterpret_cast<std::uint64_t>(&context.data_meta)) return data;
        if (address == reinterpret_cast<std::uint64_t>(&context.data_end)) return end;
        return load(address, 4);
    }

    std::vector<std::uint8_t> memory;
    std::uint64_t data, end;
    xdp_md context{};
};

/// Registers, and who called.
struct Interpreter::Machine {
    struct Frame {
        std::array<std::uint64_t, 11> registers{};
        std::unique_ptr<std::array<std::uint8_t, kStack>> stack =
            std::make_unique<std::array<std::uint8_t, kStack>>();
        std::size_t back = 0;
    };
    explicit Machine(Packet& which) : packet{which} {
        enter(0);
        at(1) = reinterpret_cast<std::uint64_t>(&packet.context);
    }
    std::uint64_t& at(unsigned number) { return frames.back().registers[number]; }
    void enter(std::size_t back) {
        Frame frame;
        if (!frames.empty()) frame.registers = frames.back().registers;
        frame.registers[10] = reinterpret_cast<std::uint64_t>(frame.stack->data()) + kStack;
        frame.back = back;
        frames.push_back(std::move(frame));
    }
    /// To whoever called, with the answer.
    void leave() {
        const std::uint64_t answer = at(0);
        place = frames.back().back;
        frames.pop_back();
        if (!frames.empty()) at(0) = answer;
        steps.action = static_cast<int>(answer);
    }

    Packet& packet;
    std::vector<Frame> frames{};
    std::size_t place = 0;  ///< of the next instruction
    Steps steps{};
};

Steps Interpreter::run(const test::Frame& frame, std::uint32_t ifindex) {
    Packet packet{frame, ifindex};
    Machine machine{packet};
    while (!machine.frames.empty())
        step(machine);
    machine.steps.packet = packet.frame();
    return machine.steps;
}

void Interpreter::step(Machine& machine) {
    const bpf_insn& is = program_[machine.place++];
    auto& to = machine.at(is.dst_reg);
    const std::uint64_t from = machine.at(is.src_reg);
    const auto offset = static_cast<std::uint64_t>(std::int64_t{is.off});
    ++machine.steps.instructions;
    switch (BPF_CLASS(is.code)) {
        case BPF_ALU:
        case BPF_ALU64:
            return arithmetic(machine, is);
        case BPF_JMP:
        case BPF_JMP32:
            return jump(machine, is);
        case BPF_LD:
            return load_constant(machine, is);
        case BPF_LDX:
            to = machine.packet.is_context(from + offset)
                     ? machine.packet.load_context(from + offset)
                     : load(from + offset, width(is.code));
            return;
        case BPF_ST:
            return store(to + offset, static_cast<std::uint64_t>(std::int64_t{is.imm}),
                         width(is.code));
        case BPF_STX:
            if (BPF_MODE(is.code) != BPF_MEM) unknown("atomic operation", is.imm);
            return store(to + offset, from, width(is.code));
    }
}

void Interpreter::arithmetic(Machine& machine, const bpf_insn& is) {
    auto& to = machine.at(is.dst_reg);
    const bool wide = BPF_CLASS(is.code) == BPF_ALU64;
    const std::uint64_t by = BPF_SRC(is.code) == BPF_X
                                 ? machine.at(is.src_reg)
                                 : static_cast<std::uint64_t>(std::int64_t{is.imm});
    if (BPF_OP(is.code) == BPF_END)
        to = in_order(to, is.imm, BPF_SRC(is.code) == BPF_TO_BE);
    else if (wide)
        to = calculate<std::uint64_t>(is.code, to, by);
    else
        to = calculate<std::uint32_t>(is.code, static_cast<std::uint32_t>(to),
                                      static_cast<std::uint32_t>(by));
}

/// 64 bits in two instructions: a number, a map, or a variable.
void Interpreter::load_constant(Machine& machine, const bpf_insn& is) {
    const bpf_insn& rest = program_[machine.place++];
    auto& to = machine.at(is.dst_reg);
    switch (is.src_reg) {
        case 0:
            to = static_cast<std::uint32_t>(is.imm) |
                 std::uint64_t{static_cast<std::uint32_t>(rest.imm)} << 32;
            return;
        case BPF_PSEUDO_MAP_FD:
            to = reinterpret_cast<std::uint64_t>(&view(is.imm));
            return;
        case BPF_PSEUDO_MAP_VALUE:
            to = reinterpret_cast<std::uint64_t>(view(is.imm).variables()) +
                 static_cast<std::uint32_t>(rest.imm);
            return;
    }
    unknown("constant", is.src_reg);
}

void Interpreter::jump(Machine& machine, const bpf_insn& is) {
    const auto target = machine.place + static_cast<std::size_t>(std::int64_t{is.off});
    const std::uint64_t a = machine.at(is.dst_reg);
    const std::uint64_t b = BPF_SRC(is.code) == BPF_X
                                ? machine.at(is.src_reg)
                                : static_cast<std::uint64_t>(std::int64_t{is.imm});
    switch (BPF_OP(is.code)) {
        case BPF_EXIT:
            return machine.leave();
        case BPF_JA:
            machine.place = target;
            return;
        case BPF_CALL:
            if (is.src_reg == 0) return help(machine, is.imm);
            if (is.src_reg != BPF_PSEUDO_CALL) unknown("call", is.src_reg);
            machine.enter(machine.place);
            machine.place += static_cast<std::size_t>(std::int64_t{is.imm});
            return;
    }
    const bool taken = BPF_CLASS(is.code) == BPF_JMP
                           ? compare<std::uint64_t>(is.code, a, b)
                           : compare<std::uint32_t>(is.code, static_cast<std::uint32_t>(a),
                                                    static_cast<std::uint32_t>(b));
    if (taken) machine.place = target;
}

void Interpreter::help(Machine& machine, std::int32_t helper) {
    auto& answer = machine.at(0);
    auto& packet = machine.packet;
    const auto bytes = static_cast<std::uint64_t>(std::int64_t{static_cast<int>(machine.at(2))});
    ++machine.steps.calls;
    switch (helper) {
        case BPF_FUNC_map_lookup_elem: {
            auto& map = *reinterpret_cast<MapView*>(machine.at(1));
            if (map.is_array()) --machine.steps.calls;
            answer = reinterpret_cast<std::uint64_t>(
                map.lookup(reinterpret_cast<const void*>(machine.at(2))));
            return;
        }
        case BPF_FUNC_xdp_adjust_head:
            packet.data += bytes;
            answer = 0;
            return;
        case BPF_FUNC_xdp_adjust_tail:
            packet.end += bytes;
            answer = 0;
            return;
        case BPF_FUNC_redirect:
            answer = XDP_REDIRECT;
            return;
    }
    unknown("helper", helper);
}

MapView& Interpreter::view(int fd) {
    auto& found = views_[fd];
    if (!found) found = std::make_unique<MapView>(fd);
    return *found;
}

}  // namespace lb::bench
