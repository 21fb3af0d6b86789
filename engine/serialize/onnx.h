#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/tensor.h"

/// Files for ONNX runtimes (https://onnx.ai): what stands in one, and writing it.
namespace engine {

/// The version of the operators' definitions that files name.
inline constexpr std::int64_t onnx_opset = 17;

struct OnnxAttribute {
    std::string name;
    std::variant<std::int64_t, float, std::vector<std::int64_t>> value;
};

struct OnnxNode {
    std::string type;  ///< "Conv"
    std::string name;
    std::vector<std::string> inputs, outputs;  ///< names of values
    std::vector<OnnxAttribute> attributes{};
};

/// A value that is computed or given: batches of tensors of that shape.
struct OnnxValue {
    std::string name;
    DType dtype;
    std::vector<std::int64_t> shape;  ///< without the first dimension, which is "N", of whatever size
    std::string doc{};
};

struct OnnxModel {
    std::string name, doc;
    std::string producer_version;
    std::map<std::string, std::string> metadata;
    OnnxValue input, output;
    std::vector<OnnxValue> between;  ///< for those who look at the file
    std::vector<OnnxNode> nodes;     ///< each after those whose values it reads
    /// Values that stand in the file, on the CPU. Tensors of four dimensions are channel-last, as everywhere
    /// here, and are written as ONNX has them: filters (O, H, W, I) as (O, I, H, W).
    std::vector<std::pair<std::string, Tensor>> initializers;
};

/// Writes it atomically; the same model gives the same bytes. Throws IoError if the system refuses to write
/// (an old file is then kept), or if the file would be larger than the 2 GiB that such files can have.
void save_onnx(const std::filesystem::path& path, const OnnxModel& model);

}  // namespace engine
