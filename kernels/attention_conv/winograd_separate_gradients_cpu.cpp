#include <algorithm>

#include "kernels/attention_conv/winograd_gradients.h"

namespace kernels::cpu::winograd {
namespace {

// The gradients of x and a. Each block of in_channels has a column of its own in the sums for d_a.
class InputGradient {
  public:
    InputGradient(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                  const Participants& participants)
        : args_(args),
          plan_(plan),
          tiles_(tiles),
          participants_(participants),
          groups_(group(plan.in_blocks, plan.slices.count)),
          filters_(Layout::panels(args.shape.out_channels, plan.in_padded)),
          gradient_(Layout::rows(plan.slice_rows(), plan.depth())),
          product_(Layout::rows(plan.slice_rows(), plan.in_blocks.size)) {}

    void compute() {
        weights_ = transform_all_filters(args_, plan_, participants_, filters_);
        const std::int64_t images = args_.shape.images;
        static thread_local Scratch<double> d_a_scratch;
        const std::int64_t blocks = plan_.in_blocks.count;
        d_a_ = d_a_scratch.reserve(blocks * branches * images);
        std::fill_n(d_a_, blocks * branches * images, 0.0);
        parallel_for(plan_.slices.count * groups_.count, [&](std::int64_t item) {
            for (int k = 0; k < branches; ++k) add_branch(k, item / groups_.count, item % groups_.count);
        });
        for (std::int64_t n = 0; n < images; ++n) {
            for (std::int64_t k = 0; k < branches; ++k) {
                double sum = 0;
                for (std::int64_t b = 0; b < blocks; ++b) sum += d_a_[(b * branches + k) * images + n];
                args_.d_a[n * branches + k] += static_cast<float>(sum);
            }
        }
    }

  private:
    void add_branch(int k, std::int64_t slice, std::int64_t group_index) {
        const Images images = participants_(k, slice);
        if (images.count == 0) return;
        const std::int64_t rows = images.count * plan_.tiling.tiles();
        const std::int64_t first = groups_.begin(group_index), blocks = groups_.length(group_index);
        const Cut depth_cut(args_.shape.out_channels, plan_.depth(), plan_.depth());
        const std::int64_t block_size = product_.size(plan_.tiling);
        const auto gradient = gradient_.at(scratch<1>(gradient_.size(plan_.tiling)));
        float* products = scratch<2>(blocks * block_size);
        float* sums = scratch<3>(plan_.slices.size * gradient_.row);
        const auto filters = filters_.at<const float>(weights_ + k * filters_.size(plan_.tiling));

        for (std::int64_t d = 0; d < depth_cut.count; ++d) {
            const std::int64_t channel = depth_cut.begin(d), count = depth_cut.length(d);
            transform_gradient(gradient, sums, args_, k, false, tiles_, images, channel, count);
            if (first == 0) add_bias_part(d_a_of(0, k), k, sums, images, channel, count);
            for (std::int64_t b = 0; b < blocks; ++b) {
                multiply(plan_, product_.at(products + b * block_size), read(gradient), false,
                         from(filters, channel, plan_.in_blocks.begin(first + b)), rows,
                         plan_.in_blocks.length(first + b), count, d > 0);
            }
        }
        for (std::int64_t b = 0; b < blocks; ++b)
            add_input_gradient(d_a_of(first + b, k), args_, k, tiles_, images,
                               product_.at<const float>(products + b * block_size),
                               plan_.in_blocks.begin(first + b), plan_.in_blocks.length(first + b));
    }

    double* d_a_of(std::int64_t block, int k) const {
        return d_a_ + (block * branches + k) * args_.shape.images;
    }

    /// <g_k, b_k>, from the sums of g_k over the pixels of each image.
    void add_bias_part(double* d_a, int k, const float* sums, Images images, std::int64_t channel,
                       std::int64_t count) const {
        const float* bias = args_.bias[static_cast<std::size_t>(k)] + channel;
        for (std::int64_t i = 0; i < images.count; ++i)
            for (std::int64_t c = 0; c < count; ++c)
                d_a[images.index[i]] += sums[i * gradient_.row + c] * bias[c];
    }

    const AttentionConvBackward<float>& args_;
    const Plan& plan_;
    const Tiles& tiles_;
    const Participants& participants_;
    Cut groups_;
    Layout filters_, gradient_, product_;
    const float* weights_ = nullptr;
    double* d_a_ = nullptr;  ///< (blocks, branches, images)
};

// The gradients of weights and biases. A work item sums over the tiles of some slices, for some blocks of
// filters of one branch. Where a layer has few filters there are several parts of a sum, which are added up
// in order; their number depends on the shape and on how many branches take part.
class WeightGradient {
  public:
    WeightGradient(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                   const Participants& participants)
        : args_(args),
          plan_(plan),
          tiles_(tiles),
          participants_(participants),
          branches_(participants.taking_part()),
          parts_(plan.slices.count,
                 std::max<std::int64_t>(plan.slices.count * branches_.count * plan.out_blocks.count / 12, 1)),
          groups_(group(plan.out_blocks, branches_.count * parts_.count)),
          targets_(args, participants, parts_.count),
          input_(Layout::panels(plan.slice_rows(), plan.in_padded)),
          gradient_(Layout::rows(plan.slice_rows(), plan.out_blocks.size)),
          product_(Layout::rows(plan.out_blocks.size, plan.in_padded)) {}

    void compute() {
        parallel_for(parts_.count * branches_.count * groups_.count, [&](std::int64_t item) {
            const std::int64_t part_and_branch = item / groups_.count;
            sum_part(part_and_branch / branches_.count,
                     branches_.index[static_cast<std::size_t>(part_and_branch % branches_.count)],
                     item % groups_.count);
        });
        targets_.add_up();
    }

  private:
    void sum_part(std::int64_t part, int k, std::int64_t group_index) const {
        const std::int64_t first = groups_.begin(group_index), blocks = groups_.length(group_index);
        const std::int64_t block_size = product_.size(plan_.tiling);
        const auto input = input_.at(scratch<5>(input_.size(plan_.tiling)));
        float* products = scratch<7>(blocks * block_size);
        for (std::int64_t b = 0; b < blocks; ++b)
            targets_.begin(part, k, plan_.out_blocks.begin(first + b), plan_.out_blocks.length(first + b));
        bool any = false;
        for (std::int64_t i = 0; i < parts_.length(part); ++i) {
            const Images images = participants_(k, parts_.begin(part) + i);
            if (images.count == 0) continue;
            transform_input(input, args_.x, tiles_, images, args_.shape.in_channels);
            for (std::int64_t b = 0; b < blocks; ++b)
                add_block(product_.at(products + b * block_size), part, k, first + b, images, input, any);
            any = true;
        }
        if (!any) return;
        for (std::int64_t b = 0; b < blocks; ++b)
            add_filter_gradient(targets_.weight(part, k, plan_.out_blocks.begin(first + b)),
                                product_.at<const float>(products + b * block_size), args_.shape,
                                plan_.tiling.whole_image, plan_.out_blocks.length(first + b));
    }

    /// dU (+)= dM^T V for the tiles of some images and a block of filters.
    void add_block(Positions<float> product, std::int64_t part, int k, std::int64_t block, Images images,
                   Positions<float> input, bool accumulate) const {
        const auto gradient = gradient_.at(scratch<6>(gradient_.size(plan_.tiling)));
        float* sums = scratch<3>(plan_.slices.size * gradient_.row);
        const std::int64_t channel = plan_.out_blocks.begin(block), count = plan_.out_blocks.length(block);
        transform_gradient(gradient, sums, args_, k, true, tiles_, images, channel, count);
        multiply(plan_, product, read(gradient), true, read(input), count, args_.shape.in_channels,
                 images.count * plan_.tiling.tiles(), accumulate);
        float* d_bias = targets_.bias(part, k, channel);
        for (std::int64_t n = 0; n < images.count; ++n)
            for (std::int64_t c = 0; c < count; ++c) d_bias[c] += sums[n * gradient_.row + c];
    }

    const AttentionConvBackward<float>& args_;
    const Plan& plan_;
    const Tiles& tiles_;
    const Participants& participants_;
    Participants::Branches branches_;
    Cut parts_;   ///< of the slices
    Cut groups_;  ///< of the blocks of filters
    FilterGradientParts targets_;
    Layout input_, gradient_, product_;
};

}  // namespace

void separate_gradients(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                        const Participants& participants) {
    InputGradient(args, plan, tiles, participants).compute();
    WeightGradient(args, plan, tiles, participants).compute();
}

}  // namespace kernels::cpu::winograd
