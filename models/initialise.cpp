#include "models/initialise.h"

#include <algorithm>
#include <cmath>

#include "engine/error.h"
#include "models/symmetric_eigen.h"

namespace models {
namespace {

using engine::Tensor;

constexpr std::int64_t taps = 9, centre = 4;

/// Calls change(block) for each block of the network.
void for_each_block(AttentionNet& net, const auto& change) {
    for (const auto& [name, module] : net.backbone->named_children()) change(dynamic_cast<Block&>(*module));
}

using Matrix = std::vector<std::vector<double>>;

/// Mean of patch * patch^T over all 3x3 patches that lie inside the images, their mean taken as 0: images are
/// normalised. A patch is in the order of a filter: row, column, channel.
Matrix patch_covariance(const Tensor& images) {
    const std::int64_t rows = images.size(1), columns = images.size(2), channels = images.size(3);
    const auto size = static_cast<std::size_t>(taps * channels);
    Matrix sum(size, std::vector<double>(size));
    std::vector<double> patch(size);
    std::int64_t count = 0;
    for (std::int64_t n = 0; n < images.size(0); ++n)
        for (std::int64_t y = 0; y + 3 <= rows; ++y)
            for (std::int64_t x = 0; x + 3 <= columns; ++x, ++count) {
                for (std::int64_t row = 0; row < 3; ++row)
                    std::copy_n(images.data() + ((n * rows + y + row) * columns + x) * channels, 3 * channels,
                                patch.begin() + row * 3 * channels);
                for (std::size_t i = 0; i < size; ++i)
                    for (std::size_t j = 0; j <= i; ++j) sum[i][j] += patch[i] * patch[j];
            }
    for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j <= i; ++j) sum[j][i] = sum[i][j] /= static_cast<double>(count);
    return sum;
}

}  // namespace

void open_attention(AttentionNet& net) {
    for_each_block(net, [](Block& block) {
        block.attention->weight.zero_();
        std::ranges::fill(block.attention->bias.values(), 1.0F);
    });
}

void dirac(AttentionNet& net) {
    for_each_block(net, [](Block& block) {
        if (block.options.residual) return;
        const std::int64_t in = block.options.in_channels, filters = block.options.out_channels;
        float* weight = block.conv1->weight.data();
        for (std::int64_t f = 0; f < std::min(2 * in, filters); ++f, weight += taps * in) {
            std::fill_n(weight, taps * in, 0.0F);
            weight[centre * in + f % in] = f < in ? 1.0F : -1.0F;
            block.conv1->bias.data()[f] = 0;
        }
    });
}

void whiten(AttentionNet& net, const Tensor& images) {
    constexpr double epsilon = 5e-4;
    const std::int64_t channels = net.options.in_channels,
                       filters = blocks_of(net.options).front().out_channels;
    if (images.shape().rank() != 4 || images.size(0) < 1 || images.size(1) < 3 || images.size(2) < 3 ||
        images.size(3) != channels)
        throw engine::UsageError(
            "images of shape " + to_string(images.shape()), "in whiten",
            "give at least one (H, W, " + std::to_string(channels) + "), no side shorter than 3");
    const SymmetricEigen eigen = symmetric_eigen(patch_covariance(images));
    const engine::nn::Conv2d& conv = *dynamic_cast<Block&>(*net.backbone->named_children()[0].second).conv1;
    const std::int64_t size = taps * channels;
    for (std::int64_t f = 0; f < std::min(2 * size, filters); ++f) {
        const auto from = static_cast<std::size_t>(f % size);
        const double scale = (f < size ? 1 : -1) / std::sqrt(std::max(eigen.values[from], 0.0) + epsilon);
        for (std::int64_t i = 0; i < size; ++i)
            conv.weight.data()[f * size + i] =
                static_cast<float>(scale * eigen.vectors[from][static_cast<std::size_t>(i)]);
        conv.bias.data()[f] = 0;
    }
}

}  // namespace models
