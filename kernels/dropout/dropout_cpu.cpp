#include "kernels/common/parallel.h"
#include "kernels/common/philox.h"
#include "kernels/dropout/dropout.h"

// Nearly all of the time goes to Philox, and the tensors that are dropped out are small: what helps is to use
// all four words of a block, and several threads. Plain integer code does that.
namespace kernels {
namespace {

constexpr std::int64_t grain = 4096;  // a multiple of 4, so that chunks begin with a block

/// Calls body(i, kept) for each element.
template <typename Body>
void for_each_masked(double probability, std::uint64_t seed, std::uint64_t stream, std::int64_t size,
                     const Body& body) {
    const std::uint64_t threshold = dropout_threshold(probability);
    parallel_chunks(size, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t first = begin; first < end; first += 4) {
            const PhiloxBlock words = philox(seed, stream, static_cast<std::uint64_t>(first / 4));
            const std::int64_t last = std::min(first + 4, end);
            for (std::int64_t i = first; i < last; ++i)
                body(i, words[static_cast<std::size_t>(i - first)] >= threshold);
        }
    });
}

}  // namespace

void cpu::dropout_forward(const DropoutForward<float>& args) {
    const auto scale = static_cast<float>(1 / (1 - args.probability));
    for_each_masked(args.probability, args.seed, dropout_stream(args), args.size,
                    [&](std::int64_t i, bool kept) { args.out[i] = kept ? args.x[i] * scale : 0; });
}

void cpu::dropout_backward(const DropoutBackward<float>& args) {
    const auto scale = static_cast<float>(1 / (1 - args.probability));
    for_each_masked(args.probability, args.seed, dropout_stream(args), args.size,
                    [&](std::int64_t i, bool kept) {
                        if (kept) args.d_x[i] += args.d_out[i] * scale;
                    });
}

}  // namespace kernels
