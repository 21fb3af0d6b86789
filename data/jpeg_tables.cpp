#include "data/jpeg_tables.h"

#include <string>

namespace data {
namespace {

constexpr int end_of_file = std::char_traits<char>::eof();

// What follows 0xFF (ITU-T T.81, table B.1).
constexpr int stuffing = 0x00, huffman_tables = 0xC4, first_restart = 0xD0, last_restart = 0xD7,
              image_start = 0xD8, image_end = 0xD9;

/// Whether the marker stands alone, without a length and a segment.
bool stands_alone(int marker) {
    return marker == stuffing || marker == image_start || (marker >= first_restart && marker <= last_restart);
}

/// The next marker; `end_of_file` if there is none. Whatever is no marker is passed over, compressed pixels
/// among it.
int next_marker(std::streambuf& file) {
    int byte = file.sbumpc();
    while (byte != end_of_file && byte != 0xFF) byte = file.sbumpc();
    while (byte == 0xFF) byte = file.sbumpc();
    return byte;
}

void skip(std::streambuf& file, int bytes) {
    for (int i = 0; i < bytes && file.sbumpc() != end_of_file; ++i) {
    }
}

/// Reads a segment of tables: for each its kind, how many codes have 1 to 16 bits, then a value for each
/// code.
bool are_sound(std::streambuf& file, int bytes) {
    while (bytes > 0) {
        skip(file, 1);
        int codes = 0;
        for (int length = 1; length <= 16; ++length)
            if (const int count = file.sbumpc(); count != end_of_file) codes += count;
        if (codes > 256) return false;
        skip(file, codes);
        bytes -= 17 + codes;
    }
    return true;
}

}  // namespace

bool has_sound_huffman_tables(std::streambuf& file) {
    for (int marker = next_marker(file); marker != end_of_file && marker != image_end;
         marker = next_marker(file)) {
        if (stands_alone(marker)) continue;
        const int high = file.sbumpc(), low = file.sbumpc();
        if (high == end_of_file || low == end_of_file) return true;
        const int bytes = high * 256 + low - 2;  // the length counts itself
        if (marker != huffman_tables)
            skip(file, bytes);
        else if (!are_sound(file, bytes))
            return false;
    }
    return true;
}

}  // namespace data
