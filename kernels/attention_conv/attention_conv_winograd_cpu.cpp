#include <algorithm>

#include "kernels/attention_conv/algorithms.h"
#include "kernels/attention_conv/winograd_stages.h"
#include "kernels/common/cut.h"
#include "kernels/common/parallel.h"
#include "kernels/common/scratch.h"
#include "kernels/gemm/gemm.h"

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

/// How the work is cut. All of it depends on the shape alone, so that sums do not depend on the number of
/// threads.
struct Plan {
    Conv2dShape shape;
    WinogradTiling tiling;
    std::int64_t in_padded;     ///< in_channels in whole panels of the product
    Cut slices;                 ///< images, in runs whose tiles are enough rows for a product
    Cut in_blocks, out_blocks;  ///< channels

    explicit Plan(const Conv2dShape& s)
        : shape(s),
          tiling(s),
          in_padded(gemm_padded_columns(s.in_channels)),
          slices(s.images, slice_images(), 1),
          in_blocks(s.in_channels, block_channels(), gemm_panel_width()),
          out_blocks(s.out_channels, block_channels(), gemm_panel_width()) {}

    /// Columns of a product: few enough that a block of it stays in the second cache level, and enough that
    /// the other factor need not be read too often.
    static std::int64_t block_channels() { return std::max<std::int64_t>(64, gemm_panel_width()); }

    /// Out channels that a product for d_x sums over at a time: more for the form with fewer positions.
    std::int64_t depth() const { return tiling.whole_image ? 4 * block_channels() : block_channels(); }

    std::int64_t slice_rows() const { return slices.size * tiling.tiles(); }

  private:
    /// Half of the tiles take part, typically, so 64 are some 32 rows of a product. Filters that do not stay
    /// in the second cache level anyway are read once for each slice: then slices are twice as large.
    std::int64_t slice_images() const {
        constexpr std::int64_t cached = 2 << 20;
        const auto filters = static_cast<std::int64_t>(sizeof(float)) * tiling.positions() *
                             shape.in_channels * shape.out_channels;
        return std::max<std::int64_t>((filters > cached ? 128 : 64) / tiling.tiles(), 1);
    }
};

/// Matrices of at most `rows` rows of `columns`. They begin an odd number of cache lines apart, or all would
/// compete for the same cache sets.
struct Layout {
    std::int64_t row, position;

    Layout(std::int64_t rows, std::int64_t columns) : row(columns) {
        constexpr std::int64_t line = 16;
        position = ((rows * columns + line - 1) / line | 1) * line;
    }
    std::int64_t size(const WinogradTiling& tiling) const { return tiling.positions() * position; }
    template <typename T>
    Positions<T> at(T* data) const {
        return {data, row, position};
    }
};

/// Working memory of the calling thread.
template <int use>
float* scratch(std::int64_t size) {
    static thread_local Scratch<float> memory;
    return memory.reserve(size);
}

/// Looks up every pixel that the tiles of an image touch. Valid until the thread's next call.
Tiles look_up(const Plan& plan) {
    static thread_local Scratch<std::int32_t> input_scratch, output_scratch;
    static thread_local Scratch<float> zero_scratch;
    const WinogradTiling& tiling = plan.tiling;
    std::int32_t* input = input_scratch.reserve(tiling.tiles() * tiling.in * tiling.in);
    std::int32_t* output = output_scratch.reserve(tiling.tiles() * tiling.out * tiling.out);
    const Tiles tiles{tiling, input, output, zero_scratch.reserve(plan.in_padded)};
    for (std::int64_t tile = 0; tile < tiling.tiles(); ++tile) {
        for (std::int64_t i = 0; i < tiling.in * tiling.in; ++i)
            *input++ = static_cast<std::int32_t>(tiling.input_pixel(tile, i / tiling.in, i % tiling.in));
        for (std::int64_t i = 0; i < tiling.out * tiling.out; ++i)
            *output++ = static_cast<std::int32_t>(tiling.output_pixel(tile, i / tiling.out, i % tiling.out));
    }
    return tiles;
}

/// The images of each slice and branch in which the branch takes part. Valid until the thread's next call.
class Participants {
  public:
    template <typename Args>
    Participants(const Args& args, const Cut& slices) : slices_(slices) {
        static thread_local Scratch<std::int64_t> scratch;
        index_ = scratch.reserve(branches * (slices.total + slices.count));
        for (std::int64_t k = 0; k < branches; ++k) {
            for (std::int64_t slice = 0; slice < slices.count; ++slice) {
                const std::int64_t begin = slices.begin(slice), end = begin + slices.length(slice);
                std::int64_t* last = list(k, slice) + 1;
                for (std::int64_t n = begin; n < end; ++n)
                    if (takes_part(args, n, k)) *last++ = n;
                *list(k, slice) = last - list(k, slice) - 1;
            }
        }
    }
    Images operator()(std::int64_t branch, std::int64_t slice) const {
        return {list(branch, slice) + 1, *list(branch, slice)};
    }

  private:
    /// Its length, then its images.
    std::int64_t* list(std::int64_t branch, std::int64_t slice) const {
        return index_ + branch * (slices_.total + slices_.count) + slices_.begin(slice) + slice;
    }
    Cut slices_;
    std::int64_t* index_;
};

bool equal(Images a, Images b) { return std::equal(a.index, a.index + a.count, b.index, b.index + b.count); }

/// C += A B, or C = A B, at each position, for the first `rows` rows and `columns` columns.
void multiply(const Plan& plan, Positions<float> c, Positions<const float> a, bool a_transposed,
              Positions<const float> b, std::int64_t rows, std::int64_t columns, std::int64_t depth,
              bool accumulate) {
    for (std::int64_t p = 0; p < plan.tiling.positions(); ++p)
        gemm_block({c.data + p * c.position, c.row, a.data + p * a.position, a.row, a_transposed,
                    b.data + p * b.position, gemm_panel_width(), b.row, rows, columns, depth, accumulate});
}

template <typename T>
Positions<const T> read(Positions<T> p) {
    return {p.data, p.row, p.position};
}

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

/// Neighbouring blocks in groups that share what they are computed from: as few groups as, together with
/// `others`, make a share of equal size for each thread or are at least two for each. Blocks are computed
/// apart from each other, so this may depend on the number of threads.
Cut group(const Cut& blocks, std::int64_t others) {
    const std::int64_t workers = threads();
    std::int64_t groups = 1;
    while (groups < blocks.count && groups * others % workers != 0 && groups * others < 2 * workers) ++groups;
    return Cut(blocks.count, (blocks.count + groups - 1) / groups);
}

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
          filters_(args.shape.out_channels, plan.in_padded),
          gradient_(plan.slice_rows(), plan.depth()),
          product_(plan.slice_rows(), plan.in_blocks.size) {}

    void compute() {
        transform_filters();
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
    void transform_filters() {
        const std::int64_t size = filters_.size(plan_.tiling);
        weights_ = scratch<0>(branches * size);
        const Cut cut(args_.shape.out_channels, 8);
        parallel_for(branches * cut.count, [&](std::int64_t item) {
            const std::int64_t k = item / cut.count, part = item % cut.count;
            transform_filters_transposed(filters_.at(weights_ + k * size),
                                         args_.weight[static_cast<std::size_t>(k)], args_.shape,
                                         plan_.tiling.whole_image, cut.begin(part), cut.length(part));
        });
    }

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
                const Positions<const float> block{
                    filters.data + channel * filters.row + plan_.in_blocks.begin(first + b), filters.row,
                    filters.position};
                multiply(plan_, product_.at(products + b * block_size), read(gradient), false, block, rows,
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
    float* weights_ = nullptr;
    double* d_a_ = nullptr;  ///< (blocks, branches, images)
};

// The gradients of weights and biases. A work item sums over the tiles of some slices, for some blocks of
// filters of one branch. Where a layer has few filters there are several parts of a sum, which are added up
// in order; their number depends on the shape alone.
class WeightGradient {
  public:
    WeightGradient(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                   const Participants& participants)
        : args_(args),
          plan_(plan),
          tiles_(tiles),
          participants_(participants),
          parts_(plan.slices.count,
                 std::max<std::int64_t>(plan.slices.count * branches * plan.out_blocks.count / 12, 1)),
          groups_(group(plan.out_blocks, branches * parts_.count)),
          input_(plan.slice_rows(), plan.in_padded),
          gradient_(plan.slice_rows(), plan.out_blocks.size),
          product_(plan.out_blocks.size, plan.in_padded) {}

    void compute() {
        const std::int64_t filters = args_.shape.out_channels, taps = args_.shape.taps();
        const bool partial = parts_.count > 1;
        if (partial) {
            const std::int64_t size = parts_.count * branches * filters * (taps + 1);
            d_weight_ = scratch<4>(size);
            d_bias_ = d_weight_ + parts_.count * branches * filters * taps;
            std::fill_n(d_weight_, size, 0.0F);
        }
        parallel_for(parts_.count * branches * groups_.count, [&](std::int64_t item) {
            sum_part(item / groups_.count / branches, static_cast<int>(item / groups_.count % branches),
                     item % groups_.count);
        });
        if (partial)
            parallel_for(branches * filters,
                         [&](std::int64_t item) { add_parts(item / filters, item % filters); });
    }

  private:
    void sum_part(std::int64_t part, int k, std::int64_t group_index) const {
        const std::int64_t first = groups_.begin(group_index), blocks = groups_.length(group_index);
        const std::int64_t block_size = product_.size(plan_.tiling);
        const auto input = input_.at(scratch<5>(input_.size(plan_.tiling)));
        float* products = scratch<7>(blocks * block_size);
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
            add_filter_gradient(d_weight(part, k, plan_.out_blocks.begin(first + b)),
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
        float* d_bias = this->d_bias(part, k, channel);
        for (std::int64_t n = 0; n < images.count; ++n)
            for (std::int64_t c = 0; c < count; ++c) d_bias[c] += sums[n * gradient_.row + c];
    }

    void add_parts(std::int64_t k, std::int64_t channel) const {
        const auto branch = static_cast<std::size_t>(k);
        float* target = args_.d_weight[branch] + channel * args_.shape.taps();
        for (std::int64_t part = 0; part < parts_.count; ++part) {
            const float* summand = d_weight(part, k, channel);
            for (std::int64_t tap = 0; tap < args_.shape.taps(); ++tap) target[tap] += summand[tap];
            args_.d_bias[branch][channel] += *d_bias(part, k, channel);
        }
    }

    /// Where a part adds the gradients of a branch's filters from `channel` on: at their target, if it is the
    /// only part.
    float* d_weight(std::int64_t part, std::int64_t k, std::int64_t channel) const {
        const std::int64_t taps = args_.shape.taps();
        if (!d_weight_) return args_.d_weight[static_cast<std::size_t>(k)] + channel * taps;
        return d_weight_ + ((part * branches + k) * args_.shape.out_channels + channel) * taps;
    }
    float* d_bias(std::int64_t part, std::int64_t k, std::int64_t channel) const {
        if (!d_bias_) return args_.d_bias[static_cast<std::size_t>(k)] + channel;
        return d_bias_ + (part * branches + k) * args_.shape.out_channels + channel;
    }

    const AttentionConvBackward<float>& args_;
    const Plan& plan_;
    const Tiles& tiles_;
    const Participants& participants_;
    Cut parts_;   ///< of the slices
    Cut groups_;  ///< of the blocks of filters
    Layout input_, gradient_, product_;
    float* d_weight_ = nullptr;  ///< (parts, branches, filters, taps); null if there is one part
    float* d_bias_ = nullptr;    ///< (parts, branches, filters); likewise
};

}  // namespace

void attention_conv_forward(const AttentionConvForward<float>& args) {
    if (args.shape.images == 0) return;
    const Plan plan(args.shape);
    const Tiles tiles = look_up(plan);
    const Participants participants(args, plan.slices);
    const Cut &blocks = plan.out_blocks, groups = group(blocks, plan.slices.count);
    const Layout filter_layout(args.shape.in_channels, blocks.size),
        input_layout(plan.slice_rows(), plan.in_padded), product_layout(plan.slice_rows(), blocks.size);
    const std::int64_t filter_size = filter_layout.size(plan.tiling);
    float* filters = scratch<0>(branches * blocks.count * filter_size);
    parallel_for(branches * blocks.count, [&](std::int64_t item) {
        const std::int64_t k = item / blocks.count, block = item % blocks.count;
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
    InputGradient(args, plan, tiles, participants).compute();
    WeightGradient(args, plan, tiles, participants).compute();
}

}  // namespace kernels::cpu::winograd
