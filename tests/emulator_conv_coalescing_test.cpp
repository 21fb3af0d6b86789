#include <array>
#include <vector>

#include "kernels/attention_conv/attention_conv.h"
#include "kernels/conv2d/conv2d.h"
#include "tests/support/coalescing.h"
#include "tests/support/gpu.h"
#include "tests/support/random_values.h"

using namespace kernels;
using test::check_coalesced;

namespace {

/// The network's layers, with fewer and smaller images. The first has the image for x, which wants no
/// gradient. The widest have filters of one place, for the sake of time: more places bring more of the same.
const std::vector<Conv2dShape> layers = {{2, 8, 8, 3, 32},
                                         {1, 8, 8, 32, 64},
                                         {1, 8, 8, 64, 128},
                                         {1, 4, 4, 128, 256, 1, 1, 0},
                                         {4, 2, 2, 256, 256, 1, 1, 0}};
constexpr std::array precisions = {Precision::fp32, Precision::tf32, Precision::bf16};

// Of the image's three channels a row of a filter is 36 bytes, which begin at any multiple of 12, and so lie
// in two sectors. In bf16, patches have the channels padded to eight, and so has the gradient of the filters
// in its parts, of which three are then read.
// Less than a tenth of the traffic, and so not judged: where d_x is computed from floats, a slice has the
// bits of 16 channels, half a sector; the next slice takes the other half.
const test::Allowance unaligned_patches{"ptx::cp_async<bytes>", 1.35}, padded_parts{"sum += part[", 3};

std::vector<test::Allowance> allowances(const Conv2dShape& s, Precision precision) {
    if (s.in_channels % 4 == 0) return {};
    if (precision == Precision::bf16) return {padded_parts};
    return {unaligned_patches};
}

template <typename Check>
void for_each_case(const Check& check) {
    for (const Conv2dShape& s : layers) {
        for (const Precision precision : precisions) {
            CAPTURE(s.in_channels);
            CAPTURE(s.out_channels);
            const std::string precision_name = name(precision);
            CAPTURE(precision_name);
            test::Gpu device(Device::emulated);
            check(s, precision,
                  [&](std::int64_t size) { return device.array(test::random_values<float>(size, 1)); });
        }
    }
}

std::int64_t x_size(const Conv2dShape& s) { return s.images * s.height * s.width * s.in_channels; }
std::int64_t out_size(const Conv2dShape& s) { return s.rows() * s.out_channels; }
std::int64_t weight_size(const Conv2dShape& s) { return s.out_channels * s.taps(); }

}  // namespace

TEST_CASE("coalescing: convolutions touch only the sectors that they need, without bank conflicts") {
    for_each_case([](const Conv2dShape& s, Precision precision, const auto& values) {
        const auto x = values(x_size(s)), weight = values(weight_size(s)), bias = values(s.out_channels),
                   out = values(out_size(s)), d_x = values(x_size(s)), d_weight = values(weight_size(s)),
                   d_bias = values(s.out_channels);
        const auto allowed = allowances(s, precision);
        check_coalesced(
            "conv2d_forward",
            [&] {
                conv2d_forward(Device::emulated,
                               {out.data(), x.data(), weight.data(), bias.data(), s, precision});
            },
            allowed);
        if (s.in_channels != 3)
            check_coalesced("conv2d_backward: d_x", [&] {
                conv2d_backward(Device::emulated, {d_x.data(), nullptr, nullptr, out.data(), x.data(),
                                                   weight.data(), s, precision});
            });
        check_coalesced(
            "conv2d_backward: d_weight",
            [&] {
                conv2d_backward(Device::emulated, {nullptr, d_weight.data(), nullptr, out.data(), x.data(),
                                                   weight.data(), s, precision});
            },
            allowed);
        check_coalesced("conv2d_backward: d_bias", [&] {
            conv2d_backward(Device::emulated, {nullptr, nullptr, d_bias.data(), out.data(), x.data(),
                                               weight.data(), s, precision});
        });
    });
}

TEST_CASE("coalescing: attention_conv touches only the sectors that it needs, without bank conflicts") {
    for_each_case([](const Conv2dShape& s, Precision precision, const auto& values) {
        const auto x = values(x_size(s)), a = values(s.images * branches), bias = values(s.out_channels),
                   weight = values(weight_size(s)), out = values(out_size(s)), d_x = values(x_size(s)),
                   d_a = values(s.images * branches), d_weight = values(branches * weight_size(s)),
                   d_bias = values(branches * s.out_channels);
        test::Gpu device(Device::emulated);
        const auto active = device.array(std::vector<std::uint8_t>(static_cast<std::size_t>(out_size(s)), 7));
        const auto targets = [](const auto& array, std::int64_t size) {
            return std::array{array.data(), array.data() + size, array.data() + 2 * size};
        };
        const std::array<const float*, branches> weights = {weight.data(), weight.data(), weight.data()},
                                                 biases = {bias.data(), bias.data(), bias.data()};
        const auto allowed = allowances(s, precision);
        check_coalesced(
            "attention_conv_forward",
            [&] {
                attention_conv_forward(Device::emulated, {out.data(), active.data(), x.data(), a.data(),
                                                          weights, biases, s, false, precision});
            },
            allowed);
        for (float* d_input : {d_x.data(), static_cast<float*>(nullptr)}) {
            if (d_input != nullptr && s.in_channels == 3) continue;
            check_coalesced(
                d_input == nullptr ? "attention_conv_backward without d_x" : "attention_conv_backward",
                [&] {
                    attention_conv_backward(Device::emulated,
                                            {d_input, d_a.data(), targets(d_weight, weight_size(s)),
                                             targets(d_bias, s.out_channels), active.data(), out.data(),
                                             x.data(), a.data(), weights, biases, s, false, precision});
                },
                allowed);
        }
    });
}
