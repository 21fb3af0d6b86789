#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "kernels/attention_conv/attention_conv.h"

/// What a report shows besides metrics and configuration: the file analysis.json of a run, described in
/// docs/report.md.
namespace apps {

/// One value for each branch.
using BranchValues = std::array<double, kernels::branches>;

/// An image that was taken for something else.
struct Mistake {
    std::int64_t image;              ///< its place in the split, from 0
    std::int64_t label, prediction;  ///< numbers of classes
    double confidence;               ///< probability of the prediction
    std::string png;                 ///< the picture, in base64
};

/// a1, a2, a3 of one block.
struct BlockAttention {
    std::string name;                ///< as in the network: "backbone.0"
    std::vector<BranchValues> mean;  ///< of each class
    BranchValues off;                ///< share of images for which a branch is 0
};

/// First filters of one branch of the first block.
struct FilterSheet {
    std::string branch;           ///< "conv1"
    std::int64_t shown, filters;  ///< how many of how many
    std::string png;              ///< in base64; a filter is a tile, pixel for pixel
};

/// The evaluation that ended an epoch.
struct Analysis {
    std::int64_t epoch = 0, step = 0;  ///< after which
    std::string split;                 ///< "test" or "validation"
    std::vector<std::string> classes;
    std::vector<std::vector<std::int64_t>> confusion;  ///< images by [label][prediction]
    std::vector<Mistake> mistakes;                     ///< the most confident first
    std::int64_t attention_images = 0;                 ///< the first of the split
    std::vector<BlockAttention> attention;
    std::vector<FilterSheet> filters;

    std::int64_t images_of(std::size_t label) const;
    std::int64_t images() const;
    std::int64_t correct() const;
};

/// Writes it atomically. Throws IoError if the system refuses.
void save_analysis(const std::filesystem::path& path, const Analysis& analysis);

/// What a file says, from whatever version or hand; empty if it is not there or does not hold together.
std::optional<Analysis> load_analysis(const std::filesystem::path& path);

}  // namespace apps
