#include "engine/serialize/tf_record.h"

#include <array>
#include <bit>
#include <cstring>

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in memory");

namespace engine {
namespace {

/// What a byte does to the checksum, bit by bit; the polynomial's bits are in reversed order, as data's are.
constexpr std::array<std::uint32_t, 256> make_crc_table() {
    constexpr std::uint32_t polynomial = 0x82F63B78;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
        table[byte] = crc;
    }
    return table;
}

/// The format rotates and shifts its checksums, since a checksum of bytes that hold their own checksum is no
/// good one.
std::uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xA282EAD8; }

template <typename T>
std::string_view bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

/// Takes a number off `bytes`, which has enough of them.
template <typename T>
T take(std::string_view& bytes) {
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    bytes.remove_prefix(sizeof(T));
    return value;
}

constexpr std::size_t head_bytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::size_t tail_bytes = sizeof(std::uint32_t);

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
    static constexpr std::array<std::uint32_t, 256> table = make_crc_table();
    std::uint32_t crc = ~0U;
    for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
    return ~crc;
}

std::string tf_record(std::string_view content) {
    const std::uint64_t length = content.size();
    const std::uint32_t length_crc = masked_crc(bytes_of(length)), crc = masked_crc(content);
    std::string record;
    for (const std::string_view part : {bytes_of(length), bytes_of(length_crc), content, bytes_of(crc)})
        record.append(part);
    return record;
}

std::optional<std::string_view> take_tf_record(std::string_view& bytes) {
    std::string_view rest = bytes;
    if (rest.size() < head_bytes + tail_bytes) return std::nullopt;
    const auto length = take<std::uint64_t>(rest);
    if (take<std::uint32_t>(rest) != masked_crc(bytes_of(length)) || length > rest.size() - tail_bytes)
        return std::nullopt;
    const std::string_view content = rest.substr(0, length);
    rest.remove_prefix(length);
    if (take<std::uint32_t>(rest) != masked_crc(content)) return std::nullopt;
    bytes = rest;
    return content;
}

}  // namespace engine
