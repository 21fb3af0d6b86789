#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// TFRecord, the framing of TensorFlow's files: for each record its length, a checksum of the length, the
/// bytes, a checksum of the bytes; all numbers little-endian.
namespace engine {

/// CRC-32C: Castagnoli's polynomial, as in iSCSI (RFC 3720, appendix B.4 has the values tested against).
std::uint32_t crc32c(std::string_view bytes);

/// The bytes of a file that holds this record; records of one file follow each other.
std::string tf_record(std::string_view content);

/// Takes the first record off `bytes`. Empty, and `bytes` as before, at the end and for what is no whole,
/// undamaged record.
std::optional<std::string_view> take_tf_record(std::string_view& bytes);

}  // namespace engine
