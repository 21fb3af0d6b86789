#include <cmath>

#include "kernels/attention_conv/winograd_gradients.h"

// With the factor a_k within g_k, both products read the same dM = A (a_k g_k) A^T:
//   dU_k = dM^T V,  dV_k = dM U_k^T,  d_x += B (sum over k of dV_k) B^T,
//   d_a_k = (<dV_k, V> + <a_k g_k, b_k>) / a_k,  as <B dV B^T, d> = <dV, B^T d B>.
// So V is made once for branches that take part in the same images, dM once for each branch, and the sum is
// transformed back once.
namespace kernels::cpu::winograd {
namespace {

/// A work item sums over some slices of the images. Their number depends on the shape alone.
class SharedGradients {
  public:
    SharedGradients(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                    const Participants& participants)
        : args_(args),
          plan_(plan),
          tiles_(tiles),
          participants_(participants),
          in_(args.shape.in_channels),
          out_(args.shape.out_channels),
          parts_(plan.slices.count, (plan.slices.count + max_parts - 1) / max_parts),
          targets_(args, participants, parts_.count),
          filters_(Layout::panels(out_, plan.in_padded)),
          filter_gradient_(Layout::rows(out_, plan.in_padded)),
          input_(Layout::panels(plan.slice_rows(), plan.in_padded)),
          input_gradient_(Layout::rows(plan.slice_rows(), plan.in_padded)),
          gradient_(Layout::rows(plan.slice_rows(), gemm_padded_columns(out_))) {}

    void compute() {
        weights_ = transform_all_filters(args_, plan_, participants_, filters_);
        parallel_for(parts_.count, [&](std::int64_t part) { sum_part(part); });
        targets_.add_up();
    }

  private:
    static constexpr std::int64_t max_parts = 8;

    /// What a work item computes in.
    struct Memory {
        float* du;  ///< a matrix for each branch
        Positions<float> v, dm, dv, dv_sum;
        float* sums;            ///< of a_k g_k over the pixels, (images, filters)
        double* d_a;            ///< of the images of one slice and branch
        bool summed[branches];  ///< whether du holds anything yet
    };

    void sum_part(std::int64_t part) const {
        static thread_local Scratch<double> d_a;
        const std::int64_t filter_size = filter_gradient_.size(plan_.tiling),
                           input_size = input_gradient_.size(plan_.tiling);
        Memory memory{scratch<7>(branches * filter_size),
                      input_.at(scratch<5>(input_.size(plan_.tiling))),
                      gradient_.at(scratch<6>(gradient_.size(plan_.tiling))),
                      input_gradient_.at(scratch<2>(input_size)),
                      input_gradient_.at(scratch<1>(input_size)),
                      scratch<3>(plan_.slices.size * gradient_.row),
                      d_a.reserve(plan_.slices.size),
                      {}};
        for (int k = 0; k < branches; ++k)
            if (participants_.any(k)) targets_.begin(part, k, 0, out_);
        for (std::int64_t i = 0; i < parts_.length(part); ++i)
            sum_slice(memory, part, parts_.begin(part) + i);
        for (int k = 0; k < branches; ++k)
            if (memory.summed[k])
                add_filter_gradient(targets_.weight(part, k, 0),
                                    filter_gradient_.at<const float>(memory.du + k * filter_size),
                                    args_.shape, plan_.tiling.whole_image, out_);
    }

    void sum_slice(Memory& memory, std::int64_t part, std::int64_t slice) const {
        Images current{};  // whose tiles are in v, and whose gradient is in dv_sum
        for (int k = 0; k < branches; ++k) {
            const Images images = participants_(k, slice);
            if (images.count == 0) continue;
            const bool first = !equal(images, current);
            if (first) {
                add_to_input(memory, current);
                transform_input(memory.v, args_.x, tiles_, images, in_);
                current = images;
            }
            add_branch(memory, part, k, images, first);
        }
        add_to_input(memory, current);
    }

    void add_branch(Memory& memory, std::int64_t part, int k, Images images, bool first) const {
        const std::int64_t rows = images.count * plan_.tiling.tiles();
        const auto filters = filters_.at(weights_ + k * filters_.size(plan_.tiling));
        const auto du = filter_gradient_.at(memory.du + k * filter_gradient_.size(plan_.tiling));
        transform_gradient(memory.dm, memory.sums, args_, k, true, tiles_, images, 0, out_);
        multiply(plan_, du, read(memory.dm), true, read(memory.v), out_, in_, rows, memory.summed[k]);
        memory.summed[k] = true;

        const auto dv = first ? memory.dv_sum : memory.dv;
        multiply(plan_, dv, read(memory.dm), false, filters, rows, in_, out_, false);
        multiply_with_input(memory.d_a, first ? nullptr : memory.dv_sum.data, tiles_, images.count, read(dv),
                            read(memory.v), in_);
        add_bias_and_attention(memory, part, k, images);
    }

    void add_bias_and_attention(const Memory& memory, std::int64_t part, int k, Images images) const {
        const float* bias = args_.bias[static_cast<std::size_t>(k)];
        float* d_bias = targets_.bias(part, k, 0);
        for (std::int64_t i = 0; i < images.count; ++i) {
            const float* sums = memory.sums + i * gradient_.row;
            double dot = memory.d_a[i];
            for (std::int64_t c = 0; c < out_; ++c) {
                d_bias[c] += sums[c];
                dot += static_cast<double>(sums[c]) * bias[c];
            }
            const std::int64_t place = images.index[i] * branches + k;
            args_.d_a[place] += static_cast<float>(dot / args_.a[place]);
        }
    }

    void add_to_input(const Memory& memory, Images images) const {
        if (args_.d_x && images.count > 0) add_tiles(args_.d_x, tiles_, images, read(memory.dv_sum), in_);
    }

    const AttentionConvBackward<float>& args_;
    const Plan& plan_;
    const Tiles& tiles_;
    const Participants& participants_;
    std::int64_t in_, out_;  ///< channels
    Cut parts_;              ///< of the slices
    FilterGradientParts targets_;
    Layout filters_, filter_gradient_, input_, input_gradient_, gradient_;
    const float* weights_ = nullptr;
};

/// Whether the tiles that take part, on average over the branches that do, are enough to give several threads
/// some, and for each work item to make up for gradients of all filters of its own, which cost more when they
/// leave the second cache level and must not fill the third.
bool are_enough(const Plan& plan, const Participants& participants) {
    const Participants::Branches found = participants.taking_part();
    std::int64_t images = 0;
    for (std::int64_t k = 0; k < branches; ++k) images += participants.images(k);
    const std::int64_t bytes = found.count * plan.filter_bytes(), tiles = images * plan.tiling.tiles();
    return bytes <= 4 * Plan::cached_bytes &&
           tiles >= found.count * (bytes <= Plan::cached_bytes ? 256 : 512);
}

/// Whether each a_k that takes part keeps all digits of a_k g_k, and can be divided by.
bool are_divisors(const AttentionConvBackward<float>& args) {
    constexpr float smallest = 1e-10F;
    for (std::int64_t n = 0; n < args.shape.images; ++n)
        for (int k = 0; k < branches; ++k)
            if (takes_part(args, n, k) && !(std::abs(args.a[n * branches + k]) >= smallest)) return false;
    return true;
}

}  // namespace

bool can_share(const AttentionConvBackward<float>& args, const Plan& plan, const Participants& participants) {
    return are_enough(plan, participants) && are_divisors(args);
}

void shared_gradients(const AttentionConvBackward<float>& args, const Plan& plan, const Tiles& tiles,
                      const Participants& participants) {
    SharedGradients(args, plan, tiles, participants).compute();
}

}  // namespace kernels::cpu::winograd
