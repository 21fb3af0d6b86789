#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/tensor.h"

namespace engine {

/// The content of a safetensors file (https://huggingface.co/docs/safetensors): named tensors and free text.
/// Reading leaves layouts alone: what others wrote goes through engine/serialize/layout.h.
struct SafeTensors {
    std::vector<std::pair<std::string, Tensor>> tensors;  ///< in the order of the file's header
    std::map<std::string, std::string> metadata;
};

/// Reads a file whose tensors are F32, I64 or U8 of at most four dimensions, onto the CPU. It may come from
/// anywhere: all that its header claims is checked against the file before any memory is asked for. Throws
/// InputError if the file is missing, damaged or holds something else, IoError if the system refuses to read
/// it.
SafeTensors load_safetensors(const std::filesystem::path& path);

enum class SavedLayout { as_it_is, channels_first };

/// Writes tensors of the CPU atomically; the same content gives the same bytes. With channels_first, each
/// goes through to_channels_first when it is written: there is never a second copy of them all. Throws
/// UsageError for names that are used twice, reserved or not UTF-8, IoError if the system refuses to write;
/// an old file is then kept.
void save_safetensors(const std::filesystem::path& path, const SafeTensors& content,
                      SavedLayout layout = SavedLayout::as_it_is);

}  // namespace engine
