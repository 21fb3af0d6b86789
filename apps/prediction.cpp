#include "apps/prediction.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "data/cifar10.h"

namespace apps {
namespace {

const char* class_name(const Prediction& prediction) {
    return data::cifar10_classes[static_cast<std::size_t>(prediction.label)];
}

/// A bar in steps of an eighth of a column.
std::string bar(double share, int columns) {
    constexpr std::array<const char*, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const auto length = static_cast<std::size_t>(std::lround(share * columns * 8));
    std::string text;
    for (std::size_t column = 0; column < length / 8; ++column) text += "█";
    return text + eighths[length % 8];
}

}  // namespace

std::vector<Prediction> top_predictions(std::span<const float> logits, std::int64_t count) {
    const double largest = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits) sum += std::exp(logit - largest);
    std::vector<Prediction> predictions;
    for (const float logit : logits)
        predictions.push_back({std::ssize(predictions), logit, std::exp(logit - largest) / sum});
    std::ranges::stable_sort(predictions, std::ranges::greater(), &Prediction::logit);
    predictions.resize(static_cast<std::size_t>(count));
    return predictions;
}

std::string plain_line(const std::filesystem::path& file, const std::vector<Prediction>& predictions) {
    std::string line = file.string() + ":";
    for (const Prediction& prediction : predictions)
        line += fmt::format("{}{} {:.1f}%", &prediction == predictions.data() ? " " : ", ",
                            class_name(prediction), 100 * prediction.probability);
    return line + "\n";
}

std::string bars(const std::filesystem::path& file, const std::vector<Prediction>& predictions, int columns) {
    constexpr int beside = 21;  // "  automobile  100.0% ", and the last column stays free
    constexpr int shortest = 4, longest = 40;
    const int length = std::min(columns - beside - 1, longest);
    std::string text = file.string() + "\n";
    for (const Prediction& prediction : predictions) {
        text += fmt::format("  {:<10} {:>6.1f}%", class_name(prediction), 100 * prediction.probability);
        const std::string drawn = length < shortest ? "" : bar(prediction.probability, length);
        text += (drawn.empty() ? "" : " " + drawn) + "\n";
    }
    return text;
}

std::string json_object(const std::filesystem::path& file, const std::vector<Prediction>& predictions) {
    nlohmann::ordered_json object{{"image", file.string()}, {"predictions", nlohmann::ordered_json::array()}};
    for (const Prediction& prediction : predictions)
        object["predictions"].push_back({{"class", class_name(prediction)},
                                         {"label", prediction.label},
                                         {"probability", prediction.probability},
                                         {"logit", prediction.logit}});
    // A file's name may be any bytes, JSON's text may not.
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace apps
