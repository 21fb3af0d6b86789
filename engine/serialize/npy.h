#pragma once

#include <filesystem>

#include "engine/tensor.h"

namespace engine {

/// Writes a float32 tensor of the CPU as NumPy reads it, atomically: format version 1.0 of
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, row-major. Throws UsageError for
/// other element types, IoError if the system refuses to write; an old file is then kept.
void save_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace engine
