// The one place where stb's code is compiled: elsewhere its headers only declare. What stb offers beyond PNG,
// JPEG and BMP stays out of the program: nothing that is not asked for can be attacked by a file.
#include <cstddef>
#include <cstdlib>

namespace {

/// A small file may unpack to any size; the largest picture that data/picture.h lets in takes half of this.
constexpr std::size_t most_bytes = std::size_t{1} << 30;

void* bounded_realloc(void* memory, std::size_t bytes) {
    return bytes > most_bytes ? nullptr : std::realloc(memory, bytes);
}

}  // namespace

#define STBI_MALLOC(bytes) bounded_realloc(nullptr, bytes)
#define STBI_REALLOC(memory, bytes) bounded_realloc(memory, bytes)
#define STBI_FREE(memory) std::free(memory)
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_ASSERT(condition)  // a damaged file must not end the program, in a debug build neither
#define STBI_NO_STDIO           // data/picture.cpp reads files for it
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

#define STBI_WRITE_NO_STDIO  // files are written by engine::AtomicFile
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
