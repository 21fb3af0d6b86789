#include "engine/serialize/npy.h"

#include <bit>
#include <string>

#include "engine/serialize/atomic_file.h"

static_assert(std::endian::native == std::endian::little, "'<f4' below says so");

namespace engine {
namespace {

/// A shape as a Python tuple: "()", "(3,)", "(3, 4)".
std::string python_tuple(const Shape& shape) {
    std::string text = to_string(shape);
    if (shape.rank() == 1) {
        text.pop_back();
        text += ",)";
    }
    return text;
}

/// Magic, version, length of the description, description; padded so that the elements start at a multiple
/// of 64.
std::string make_header(const Shape& shape) {
    std::string description = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
    description += python_tuple(shape);
    description += ", }";
    const std::string magic("\x93NUMPY\x01\x00", 8);
    const std::size_t unpadded = magic.size() + 2 + description.size() + 1;
    description.append((64 - unpadded % 64) % 64, ' ');
    description += '\n';
    const std::size_t length = description.size();
    return magic + static_cast<char>(length % 256) + static_cast<char>(length / 256) + description;
}

}  // namespace

void save_npy(const std::filesystem::path& path, const Tensor& tensor) {
    const auto values = tensor.values();
    AtomicFile file(path);
    file.write(make_header(tensor.shape()));
    file.write(values.data(), values.size_bytes());
    file.commit();
}

}  // namespace engine
