#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/attention_net.h"

/// AttentionNets for other programs, as ONNX files.
namespace models {

/// (pixel / 255 - mean) / deviation, for each channel its own.
struct PixelNormalization {
    std::vector<float> mean, deviation;
};

struct OnnxExportOptions {
    std::int64_t height, width;  ///< of the images
    /// Given, it is a part of the file, which then takes images as they come out of a decoder.
    std::optional<PixelNormalization> normalization{};
    std::string producer_version{};
    std::map<std::string, std::string> metadata{};  ///< to add to what is written anyway
};

/// Writes what the network computes in evaluation. Its input is "images" (N, C, height, width), N of any
/// size: with a normalisation uint8, the bytes 0 to 255 of red, green and blue; without, float32, normalised
/// by the caller. Its output is "logits" float32 (N, classes). Parameters have the names of the state_dict.
/// The file's metadata say all this. Throws UsageError if the images are too small or the normalisation has
/// another number of channels, and what engine::save_onnx throws. The model has to be on the CPU.
void export_onnx(const std::filesystem::path& path, const AttentionNet& model,
                 const OnnxExportOptions& options);

}  // namespace models
