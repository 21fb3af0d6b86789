#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "data/cifar10.h"

namespace data {

struct SplitSummary {
    std::int64_t images = 0;
    std::array<std::int64_t, cifar10_classes.size()> images_per_class{};
};

/// What a folder in CIFAR-10's binary layout holds.
struct Cifar10Summary {
    std::array<std::int64_t, cifar10_files.size()> file_bytes{};  ///< in the order of cifar10_files
    SplitSummary train;
    SplitSummary test;

    /// All six files have the size of the published data set: it is no sample.
    bool has_official_size() const;
};

/// Reads the whole folder. Throws InputError for whatever is wrong with it, as Cifar10 does for both splits.
Cifar10Summary summarize_cifar10(const std::filesystem::path& directory);

}  // namespace data
