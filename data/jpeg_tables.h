#pragma once

#include <streambuf>

namespace data {

/// Whether no Huffman table of a JPEG file defines more codes than the 256 there are. stb_image before 2.28,
/// which Debian 12 has, writes the excess over what lies behind its table. To be asked before it sees the
/// file.
bool has_sound_huffman_tables(std::streambuf& file);

}  // namespace data
