#include "data/augmentation.h"

#include <algorithm>
#include <array>

#include "data/cifar10.h"
#include "engine/error.h"

namespace data {
namespace {

using TransformPointer = std::shared_ptr<const Transform>;

constexpr std::int64_t crop_padding =
    4;  // He et al., "Deep residual learning for image recognition" (2016), 4.2

struct Augmentation {
    const char* name;
    TransformPointer (*make)();
};

constexpr std::array<Augmentation, 2> augmentations_by_name = {{
    {"crop", []() -> TransformPointer { return std::make_shared<RandomCrop>(cifar10_side, crop_padding); }},
    {"flip", []() -> TransformPointer { return std::make_shared<RandomHorizontalFlip>(); }},
}};

TransformPointer make_augmentation(const std::string& name) {
    const auto found = std::find_if(augmentations_by_name.begin(), augmentations_by_name.end(),
                                    [&](const Augmentation& known) { return known.name == name; });
    if (found != augmentations_by_name.end()) return found->make();
    std::string known;
    for (const std::string& each : augmentation_names()) known += (known.empty() ? "" : " ") + each;
    throw engine::UsageError("unknown augmentation '" + name + "'", "in the list of augmentations",
                             "the known ones are: " + known);
}

}  // namespace

std::vector<std::string> augmentation_names() {
    std::vector<std::string> names;
    for (const Augmentation& known : augmentations_by_name) names.emplace_back(known.name);
    return names;
}

TransformPointer cifar10_transform(const std::vector<std::string>& augmentations) {
    std::vector<TransformPointer> steps;
    for (const std::string& name : augmentations) steps.push_back(make_augmentation(name));
    steps.push_back(std::make_shared<Normalize>(std::vector(cifar10_mean.begin(), cifar10_mean.end()),
                                                std::vector(cifar10_std.begin(), cifar10_std.end())));
    return std::make_shared<Compose>(std::move(steps));
}

}  // namespace data
