#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace apps {

/// What a network says of one image about one class.
struct Prediction {
    std::int64_t label;
    float logit;
    double probability;  ///< softmax over all classes
};

/// The `count` most probable classes, the most probable first; of equal ones, the first. Logits are finite.
std::vector<Prediction> top_predictions(std::span<const float> logits, std::int64_t count);

/// One line: "cat.png: cat 91.3%, dog 5.1%".
std::string plain_line(const std::filesystem::path& file, const std::vector<Prediction>& predictions);

/// For a terminal of so many columns: the file's name, and a line with a bar for each class. No bars where
/// they would be too short to compare.
std::string bars(const std::filesystem::path& file, const std::vector<Prediction>& predictions, int columns);

/// One JSON object:
/// {"image":"cat.png","predictions":[{"class":"cat","label":3,"probability":..,"logit":..},...]}.
std::string json_object(const std::filesystem::path& file, const std::vector<Prediction>& predictions);

}  // namespace apps
