#pragma once

#include <filesystem>
#include <memory>

#include "models/attention_net.h"

/// AttentionNets in safetensors files, in PyTorch's names and layouts (float32; filters OIHW): what
/// load_state_dict takes there is what is read and written here.
namespace models {

/// Writes the network's state_dict, and in the metadata what no shape tells: "stem" (its channels, 0 for
/// none), "blocks" ("1,2,2": of each stage), "residual" and "pool_first". Throws IoError if the system
/// refuses; an old file is then kept.
void save_model(const std::filesystem::path& path, const AttentionNet& model);

/// Reads the architecture off the tensors' shapes and the metadata, without which every block is a stage, and
/// returns that network with its values; `dropout` is not in the file. Throws InputError if the file is
/// missing or damaged, or if its tensors are not those of an AttentionNet.
std::shared_ptr<AttentionNet> load_model(const std::filesystem::path& path, double dropout = 0.5);

/// Copies the values of a file into a network of known architecture. Throws InputError if they do not fit it.
void load_values(const std::filesystem::path& path, engine::nn::Module& model);

}  // namespace models
