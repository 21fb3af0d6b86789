#include "data/augmentation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string_view>

#include "data/cifar10.h"
#include "engine/error.h"

namespace data {
namespace {

using AugmentationPointer = std::shared_ptr<const Augmentation>;

struct NamedAugmentation {
    std::string_view name;
    std::int64_t least, most, pixels;  ///< what may follow the name, and the default; most 0: nothing may
    AugmentationPointer (*make)(std::int64_t pixels);
};

constexpr std::array<NamedAugmentation, 5> augmentations = {{
    // The padding: He et al., "Deep residual learning for image recognition" (2016), 4.2.
    {"crop", 1, cifar10_side, 4,
     [](std::int64_t padding) -> AugmentationPointer {
         return std::make_shared<RandomCrop>(cifar10_side, padding);
     }},
    {"translate", 1, cifar10_side - 1, 4,
     [](std::int64_t most) -> AugmentationPointer { return std::make_shared<RandomTranslate>(most); }},
    {"flip", 0, 0, 0,
     [](std::int64_t) -> AugmentationPointer { return std::make_shared<RandomHorizontalFlip>(); }},
    {"alternating-flip", 0, 0, 0,
     [](std::int64_t) -> AugmentationPointer { return std::make_shared<AlternatingFlip>(); }},
    {"cutout", 1, cifar10_side, 8,
     [](std::int64_t size) -> AugmentationPointer { return std::make_shared<Cutout>(size); }},
}};

std::string_view name_part(std::string_view text) { return text.substr(0, text.find(':')); }

/// Null if there is no such augmentation.
AugmentationPointer make_augmentation(std::string_view text) {
    const std::string_view name = name_part(text);
    const auto found = std::find_if(augmentations.begin(), augmentations.end(),
                                    [&](const NamedAugmentation& known) { return known.name == name; });
    if (found == augmentations.end()) return nullptr;
    if (name == text) return found->make(found->pixels);
    const std::string_view digits = text.substr(name.size() + 1);
    std::int64_t pixels = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pixels);
    const bool whole = error == std::errc() && end == digits.data() + digits.size();
    return whole && pixels >= found->least && pixels <= found->most ? found->make(pixels) : nullptr;
}

std::shared_ptr<const Pipeline> normalised(std::vector<AugmentationPointer> steps) {
    return std::make_shared<Pipeline>(std::move(steps),
                                      Normalize(std::vector(cifar10_mean.begin(), cifar10_mean.end()),
                                                std::vector(cifar10_std.begin(), cifar10_std.end())));
}

}  // namespace

std::string augmentation_forms() {
    std::string forms;
    for (const NamedAugmentation& known : augmentations) {
        forms += (forms.empty() ? "" : " ") + std::string(known.name);
        if (known.most > 0)
            forms += "[:" + std::to_string(known.least) + ".." + std::to_string(known.most) + "]";
    }
    return forms;
}

std::vector<std::string> augmentation_names() {
    std::vector<std::string> names;
    for (const NamedAugmentation& known : augmentations) names.emplace_back(known.name);
    return names;
}

bool are_augmentations(const std::vector<std::string>& list) {
    std::set<std::string_view> names;
    return std::all_of(list.begin(), list.end(), [&](const std::string& text) {
        return make_augmentation(text) && names.insert(name_part(text)).second;
    });
}

std::shared_ptr<const Pipeline> cifar10_transform(const std::vector<std::string>& list) {
    std::vector<AugmentationPointer> steps;
    for (const std::string& text : list) {
        steps.push_back(make_augmentation(text));
        if (!steps.back())
            throw engine::UsageError("unknown augmentation '" + text + "'", "in the list of augmentations",
                                     "the known ones are: " + augmentation_forms());
    }
    return normalised(std::move(steps));
}

std::vector<std::shared_ptr<const Pipeline>> cifar10_views(const std::string& name) {
    if (name == "none") return {normalised({})};
    const auto mirror = std::make_shared<Mirror>();
    std::vector<std::shared_ptr<const Pipeline>> views{normalised({}), normalised({mirror})};
    if (name == "flip") return views;
    for (const std::int32_t way : {1, -1}) {
        const auto moved = std::make_shared<Translate>(way, way);
        views.push_back(normalised({moved}));
        views.push_back(normalised({mirror, moved}));
    }
    return name == "flip-translate" ? views : std::vector<std::shared_ptr<const Pipeline>>();
}

}  // namespace data
