#include "data/summary.h"

#include <algorithm>

namespace data {
namespace {

SplitSummary summarize(const Cifar10& dataset) {
    SplitSummary summary;
    summary.images = dataset.size();
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        ++summary.images_per_class[static_cast<std::size_t>(dataset.label(i))];
    return summary;
}

}  // namespace

bool Cifar10Summary::has_official_size() const {
    return std::all_of(file_bytes.begin(), file_bytes.end(),
                       [](std::int64_t bytes) { return bytes == cifar10_official_file_bytes; });
}

Cifar10Summary summarize_cifar10(const std::filesystem::path& directory) {
    return {check_cifar10_files(directory), summarize(Cifar10(directory, Split::train)),
            summarize(Cifar10(directory, Split::test))};
}

}  // namespace data
