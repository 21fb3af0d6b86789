#include "apps/report/epoch_analysis.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "apps/report/picture.h"
#include "data/cifar10.h"

namespace apps {
namespace {

constexpr std::size_t most_mistakes = 24;
constexpr std::int64_t most_filters = 64;  // of a branch

std::int64_t attention_limit(std::int64_t train_examples) {
    constexpr std::int64_t most = 1000, training_images_per_image = 20;
    return std::clamp<std::int64_t>(train_examples / training_images_per_image, 1, most);
}

std::string image_png(const data::ImageDataset& images, std::int64_t index) {
    const engine::Shape shape = images.image_shape();
    Picture picture{static_cast<int>(shape[0]), static_cast<int>(shape[1]), static_cast<int>(shape[2]), {}};
    picture.bytes.resize(static_cast<std::size_t>(shape.numel()));
    images.copy_bytes(index, picture.bytes.data());
    return png_base64(picture);
}

FilterSheet filters_of(const std::string& branch, const engine::nn::Conv2d& conv) {
    const engine::Tensor weight = conv.weight.to(engine::Device::cpu);  // (out, side, side, in)
    const std::int64_t filters = weight.size(0), shown = std::min(filters, most_filters);
    const auto values = weight.values().first(static_cast<std::size_t>(shown * weight.numel() / filters));
    return {branch, shown, filters, png_base64(filter_sheet(values, static_cast<int>(weight.size(1))))};
}

double to_digits(double value) {
    constexpr double kept = 1e5;
    return std::round(value * kept) / kept;
}

}  // namespace

EpochAnalysis::EpochAnalysis(models::AttentionNet& model, AnalysedImages analysed)
    : model_(model),
      analysed_(std::move(analysed)),
      attention_limit_(attention_limit(analysed_.train_examples)) {
    begin();
}

void EpochAnalysis::begin() {
    const auto classes = static_cast<std::size_t>(model_.options.classes);
    images_ = 0;
    attention_counts_.assign(classes, 0);
    analysis_ = {};
    analysis_.split = analysed_.split;
    analysis_.classes.assign(data::cifar10_classes.begin(), data::cifar10_classes.end());
    analysis_.confusion.assign(classes, std::vector<std::int64_t>(classes, 0));
    for (std::size_t i = 0; i < model_.backbone->size(); ++i)
        analysis_.attention.push_back(
            {fmt::format("backbone.{}", i), std::vector<BranchValues>(classes, BranchValues{}), {}});
}

void EpochAnalysis::add(const engine::Batch& batch, const engine::Tensor& logits) {
    const engine::Tensor rows = logits.to(engine::Device::cpu), labels = batch.labels.to(engine::Device::cpu);
    const auto* label = labels.data<std::int64_t>();
    if (images_ < attention_limit_) add_attention(batch.inputs, label);
    for (std::int64_t i = 0; i < batch.size(); ++i) add_prediction(label[i], rows.data() + i * rows.size(1));
}

void EpochAnalysis::add_prediction(std::int64_t label, const float* logits) {
    const std::int64_t image = images_++;
    const float* end = logits + model_.options.classes;
    const float* largest = std::max_element(logits, end);
    double sum = 0;
    for (const float* logit = logits; logit != end; ++logit)
        sum += std::exp(double{*logit} - double{*largest});
    const std::int64_t prediction = largest - logits;
    ++analysis_.confusion[static_cast<std::size_t>(label)][static_cast<std::size_t>(prediction)];
    if (prediction != label) keep({image, label, prediction, to_digits(1 / sum), {}});
}

void EpochAnalysis::keep(Mistake mistake) {
    std::vector<Mistake>& kept = analysis_.mistakes;
    const auto place =
        std::ranges::upper_bound(kept, mistake.confidence, std::ranges::greater(), &Mistake::confidence);
    if (place == kept.end() && kept.size() == most_mistakes) return;
    kept.insert(place, std::move(mistake));
    if (kept.size() > most_mistakes) kept.pop_back();
}

void EpochAnalysis::add_attention(const engine::Tensor& inputs, const std::int64_t* labels) {
    const std::vector<engine::Tensor> attention = model_.attention(inputs);
    const std::int64_t images = inputs.size(0);
    for (std::int64_t i = 0; i < images; ++i) ++attention_counts_[static_cast<std::size_t>(labels[i])];
    for (std::size_t block = 0; block < attention.size(); ++block) {
        const engine::Tensor rows = attention[block].to(engine::Device::cpu);  // (N, 3)
        const float* row = rows.data();
        BlockAttention& sums = analysis_.attention[block];
        for (std::int64_t i = 0; i < images; ++i)
            for (std::size_t branch = 0; branch < sums.off.size(); ++branch, ++row) {
                sums.mean[static_cast<std::size_t>(labels[i])][branch] += double{*row};
                if (*row == 0) ++sums.off[branch];
            }
    }
    analysis_.attention_images += images;
}

Analysis EpochAnalysis::finish(std::int64_t epoch, std::int64_t step) {
    analysis_.epoch = epoch;
    analysis_.step = step;
    for (Mistake& mistake : analysis_.mistakes) mistake.png = image_png(*analysed_.images, mistake.image);
    for (BlockAttention& block : analysis_.attention) {
        for (std::size_t label = 0; label < block.mean.size(); ++label)
            for (double& value : block.mean[label])
                value = to_digits(value /
                                  static_cast<double>(std::max<std::int64_t>(attention_counts_[label], 1)));
        for (double& share : block.off)
            share =
                to_digits(share / static_cast<double>(std::max<std::int64_t>(analysis_.attention_images, 1)));
    }
    const auto& first = static_cast<const models::Block&>(*(*model_.backbone)[0]);
    analysis_.filters = {filters_of("conv1", *first.conv1), filters_of("conv2", *first.conv2),
                         filters_of("conv3", *first.conv3)};
    Analysis finished = std::move(analysis_);
    begin();
    return finished;
}

}  // namespace apps
