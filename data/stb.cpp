// The one place where stb's code is compiled: elsewhere its headers only declare. What stb offers beyond PNG,
// JPEG and BMP stays out of the program: nothing that is not asked for can be attacked by a file.
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO  // what is decoded was read before, up to a size of our choice
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

#define STBI_WRITE_NO_STDIO  // files are written by engine::AtomicFile
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
