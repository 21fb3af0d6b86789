#include <algorithm>

#include "kernels/attention_conv/algorithms.h"
#include "kernels/attention_conv/winograd_gradients.h"

// Each branch is a convolution of its own, over the images in which it takes part: those images, cut into
// tiles, are the rows of `positions` matrix products. With V = B^T d B, U = G g G^T, M = V U (over channels):
//   forward:  z_k = A^T M A + b_k; relu, the factor a_k and the sum over branches happen in registers.
//   backward: dM = A g_k A^T, the adjoint of the output transform, feeds two products.
//             dU = dM^T V, over all tiles:    d_weight_k = G^T dU G, with g_k times a_k.
//             dV = dM U^T, over out_channels: P = B dV B^T is the gradient of the input tile without a_k, so
//                                             d_x += a_k P and d_a_k = <P, d> + <g_k, b_k>,
// and z_k need not have been saved.
namespace kernels::cpu::winograd {
namespace {

/// Zeros where no branch takes part.
void clear_unattended(const AttentionConvForward<float>& args, std::int64_t begin, std::int64_t end) {
    const std::int64_t size = args.shape.rows() / args.shape.images * args.shape.out_channels;
    for (std::int64_t n = begin; n < end; ++n) {
        bool attended = false;
        for (std::int64_t k = 0; k < branches; ++k) attended = attended || takes_part(args, n, k);
        if (attended) continue;
        std::fill_n(args.out + n * size, size, 0.0F);
        std::fill_n(args.active + n * size, size, std::uint8_t{0});
    }
}

}  // namespace

void attention_conv_forward(const AttentionConvForward<float>& args) {
    if (args.shape.images == 0) return;
    const Plan plan(args.shape);
    const Tiles tiles = look_up(plan);
    const Participants participants(args, plan.slices);
    const Cut &blocks = plan.out_blocks, groups = group(blocks, plan.slices.count);
    const auto filter_layout = Layout::panels(args.shape.in_channels, blocks.size),
               input_layout = Layout::rows(plan.slice_rows(), plan.in_padded),
               product_layout = Layout::rows(plan.slice_rows(), blocks.size);
    const std::int64_t filter_size = filter_layout.size(plan.tiling);
    float* filters = scratch<0>(branches * blocks.count * filter_size);
    parallel_for(branches * blocks.count, [&](std::int64_t item) {
        const std::int64_t k = item / blocks.count, block = item % blocks.count;
        if (!participants.any(k)) return;
        winograd::transform_filters(filter_layout.at(filters + item * filter_size),
                                    args.weight[static_cast<std::size_t>(k)], args.shape,
                                    plan.tiling.whole_image, blocks.begin(block), blocks.length(block));
    });

    parallel_for(plan.slices.count * groups.count, [&](std::int64_t item) {
        const std::int64_t slice = item / groups.count, group_index = item % groups.count;
        const auto input = input_layout.at(scratch<5>(input_layout.size(plan.tiling)));
        const auto product = product_layout.at(scratch<6>(product_layout.size(plan.tiling)));
        Images transformed{};  // whose tiles are in `input`: often all branches take part in the same images
        for (int k = 0; k < branches; ++k) {
            const Images images = participants(k, slice);
            if (images.count == 0) continue;
            if (!equal(images, transformed))
                transform_input(input, args.x, tiles, images, args.shape.in_channels);
            transformed = images;
            for (std::int64_t b = 0; b < groups.length(group_index); ++b) {
                const std::int64_t block = groups.begin(group_index) + b;
                multiply(plan, product, read(input), false,
                         filter_layout.at<const float>(filters + (k * blocks.count + block) * filter_size),
                         images.count * plan.tiling.tiles(), blocks.length(block), args.shape.in_channels,
                         false);
                combine_branch(args, k, tiles, images, read(product), blocks.begin(block),
                               blocks.length(block));
            }
        }
        if (group_index == 0)
            clear_unattended(args, plan.slices.begin(slice),
                             plan.slices.begin(slice) + plan.slices.length(slice));
    });
}

void attention_conv_backward(const AttentionConvBackward<float>& args) {
    if (args.shape.images == 0) return;
    const Plan plan(args.shape);
    const Tiles tiles = look_up(plan);
    const Participants participants(args, plan.slices);
    const auto gradients = can_share(args, plan, participants) ? shared_gradients : separate_gradients;
    gradients(args, plan, tiles, participants);
}

}  // namespace kernels::cpu::winograd
