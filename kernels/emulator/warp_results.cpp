#include "kernels/emulator/warp_results.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/language.h"
#include "kernels/emulator/matrix.h"

// The meaning of the warp operations: CUDA C++ Programming Guide, warp shuffle, vote, match and reduce
// functions.

namespace kernels::emulator {
namespace {

// What a shuffle from a lane outside the mask gives: nothing anybody should use.
constexpr std::uint64_t undefined = ~std::uint64_t{0};

/// The lane that a shuffle reads from; its own where that would be outside its segment of `width` lanes.
int source_lane(const Request& request, int lane) {
    const int segment = lane / request.width * request.width;
    switch (request.operation) {
        case WarpOperation::shuffle:
            return segment + (request.argument & (request.width - 1));
        case WarpOperation::shuffle_up:
            return lane - request.argument < segment ? lane : lane - request.argument;
        case WarpOperation::shuffle_down:
            return lane + request.argument >= segment + request.width ? lane : lane + request.argument;
        default: {  // shuffle_xor: into its own or an earlier segment
            const int source = lane ^ request.argument;
            return source >= segment + request.width ? lane : source;
        }
    }
}

template <typename Combine>
std::uint64_t reduce(const Thread* first, unsigned mask, const Combine& combine) {
    auto result = static_cast<std::uint32_t>(first[std::countr_zero(mask)].request.value);
    for (mask &= mask - 1; mask != 0; mask &= mask - 1)
        result = combine(result, static_cast<std::uint32_t>(first[std::countr_zero(mask)].request.value));
    return result;
}

std::uint64_t reduce(const Thread* first, unsigned mask, WarpOperation operation) {
    using U = std::uint32_t;
    const auto is_less = [](U a, U b) { return std::bit_cast<int>(a) < std::bit_cast<int>(b); };
    switch (operation) {
        case WarpOperation::reduce_add:
            return reduce(first, mask, [](U a, U b) { return a + b; });
        case WarpOperation::reduce_min:
            return reduce(first, mask, [](U a, U b) { return std::min(a, b); });
        case WarpOperation::reduce_max:
            return reduce(first, mask, [](U a, U b) { return std::max(a, b); });
        case WarpOperation::reduce_min_signed:
            return reduce(first, mask, [&](U a, U b) { return std::min(a, b, is_less); });
        case WarpOperation::reduce_max_signed:
            return reduce(first, mask, [&](U a, U b) { return std::max(a, b, is_less); });
        case WarpOperation::reduce_and:
            return reduce(first, mask, [](U a, U b) { return a & b; });
        case WarpOperation::reduce_or:
            return reduce(first, mask, [](U a, U b) { return a | b; });
        default:
            return reduce(first, mask, [](U a, U b) { return a ^ b; });
    }
}

/// The lanes of the mask whose value is `value`.
unsigned lanes_with(const Thread* first, unsigned mask, std::uint64_t value) {
    unsigned found = 0;
    for (unsigned lane = 0; lane < lanes; ++lane)
        if ((mask >> lane & 1U) && first[lane].request.value == value) found |= 1U << lane;
    return found;
}

}  // namespace

void compute_results(Thread* first, unsigned mask) {
    const WarpOperation operation = first[std::countr_zero(mask)].request.operation;
    const auto set_all = [&](std::uint64_t result) {
        for (unsigned lane = 0; lane < lanes; ++lane) first[lane].request.result = result;
    };
    switch (operation) {
        case WarpOperation::sync:
            return;
        case WarpOperation::shuffle:
        case WarpOperation::shuffle_up:
        case WarpOperation::shuffle_down:
        case WarpOperation::shuffle_xor:
            for (unsigned lane = 0; lane < lanes; ++lane) {
                if (!(mask >> lane & 1U)) continue;
                const int source = source_lane(first[lane].request, static_cast<int>(lane));
                first[lane].request.result = mask >> source & 1U ? first[source].request.value : undefined;
            }
            return;
        case WarpOperation::ballot:
            return set_all(lanes_with(first, mask, 1));
        case WarpOperation::all:
            return set_all(lanes_with(first, mask, 1) == mask);
        case WarpOperation::any:
            return set_all(lanes_with(first, mask, 1) != 0);
        case WarpOperation::match_any:
            for (unsigned lane = 0; lane < lanes; ++lane)
                if (mask >> lane & 1U)
                    first[lane].request.result = lanes_with(first, mask, first[lane].request.value);
            return;
        case WarpOperation::load_matrix:
            return load_matrix_fragments(first);
        case WarpOperation::multiply_bf16:
            return multiply_bf16_fragments(first);
        case WarpOperation::multiply_tf32:
            return multiply_tf32_fragments(first);
        default:
            return set_all(reduce(first, mask, operation));
    }
}

}  // namespace kernels::emulator
