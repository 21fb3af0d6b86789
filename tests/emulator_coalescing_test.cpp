#include <vector>

#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
#include "kernels/dropout/dropout.h"
#include "kernels/flatten/flatten.h"
#include "kernels/max_pool/max_pool.h"
#include "tests/support/coalescing.h"
#include "tests/support/gpu.h"
#include "tests/support/random_values.h"

using namespace kernels;
using test::check_coalesced;

// Kernels that are bound by memory are as fast as they use it: the requests of a warp must move no more
// sectors than what they ask for fills, and shared memory must serve them without conflicts.
namespace {

struct Shape {
    std::int64_t images, height, width, channels;
    std::int64_t size() const { return images * height * width * channels; }
};

/// A narrow one, whose warps read several rows, a wide one, and one with odd sizes.
const std::vector<Shape> shapes = {{4, 16, 16, 32}, {8, 4, 4, 256}, {3, 15, 17, 64}};

}  // namespace

TEST_CASE("coalescing: pooling and normalisation touch only the sectors that they need") {
    for (const Shape& s : shapes) {
        CAPTURE(s.channels);
        test::Gpu device(Device::emulated);
        const auto values = [&](std::int64_t size) {
            return device.array(test::random_values<float>(size, 1));
        };
        const MaxPoolShape windows{s.images, s.height, s.width, s.channels, 2, 2};
        const BatchNormMaxPoolShape both{s.images, s.height, s.width, s.channels};
        const std::int64_t pooled = both.out_rows() * s.channels, rows = both.rows();
        const auto x = values(s.size()), y = values(s.size()), d_x = values(s.size()), out = values(pooled),
                   d_out = values(pooled), winner_x = values(pooled), mean = values(s.channels),
                   inv_std = values(s.channels), running_mean = values(s.channels),
                   running_var = values(s.channels), weight = values(s.channels), bias = values(s.channels),
                   d_weight = values(s.channels), d_bias = values(s.channels);
        const auto winner = device.array(std::vector<std::uint8_t>(static_cast<std::size_t>(pooled), 1));

        check_coalesced("max_pool_forward", [&] {
            max_pool_forward(Device::emulated, {out.data(), winner.data(), x.data(), windows});
        });
        check_coalesced("max_pool_backward", [&] {
            max_pool_backward(Device::emulated, {d_x.data(), d_out.data(), winner.data(), windows});
        });
        check_coalesced("batch_norm_train_forward", [&] {
            batch_norm_train_forward(
                Device::emulated,
                {y.data(), mean.data(), inv_std.data(), running_mean.data(), running_var.data(), x.data(),
                 weight.data(), bias.data(), 1e-5F, 0.1F, rows, s.channels});
        });
        check_coalesced("batch_norm_backward", [&] {
            batch_norm_backward(Device::emulated,
                                {d_x.data(), d_weight.data(), d_bias.data(), mean.data(), inv_std.data(),
                                 y.data(), x.data(), weight.data(), true, rows, s.channels});
        });
        check_coalesced("batch_norm_max_pool_train_forward", [&] {
            batch_norm_max_pool_train_forward(
                Device::emulated,
                {out.data(), winner.data(), winner_x.data(), mean.data(), inv_std.data(), running_mean.data(),
                 running_var.data(), x.data(), weight.data(), bias.data(), 1e-5F, 0.1F, both});
        });
        for (const bool add_to_d_x : {false, true}) {
            check_coalesced("batch_norm_max_pool_backward", [&] {
                batch_norm_max_pool_backward(
                    Device::emulated,
                    {d_x.data(), add_to_d_x, d_weight.data(), d_bias.data(), mean.data(), inv_std.data(),
                     winner.data(), winner_x.data(), d_out.data(), x.data(), weight.data(), true, both});
            });
        }
    }
}

TEST_CASE("coalescing: averages, dropout and flattening touch only the sectors that they need") {
    for (const Shape& s : shapes) {
        CAPTURE(s.channels);
        test::Gpu device(Device::emulated);
        const auto values = [&](std::int64_t size) {
            return device.array(test::random_values<float>(size, 1));
        };
        const auto x = values(s.size()), y = values(s.size()), averages = values(s.images * s.channels);
        const AdaptiveAvgPoolShape bins{s.images, s.height, s.width, s.channels, 1, 1};
        check_coalesced("adaptive_avg_pool_forward", [&] {
            adaptive_avg_pool_forward(Device::emulated, {averages.data(), x.data(), bins});
        });
        check_coalesced("adaptive_avg_pool_backward", [&] {
            adaptive_avg_pool_backward(Device::emulated, {x.data(), averages.data(), bins});
        });
        check_coalesced("dropout_forward", [&] {
            dropout_forward(Device::emulated, {y.data(), x.data(), 0.5, 1, 2, s.size()});
        });
        check_coalesced("dropout_backward", [&] {
            dropout_backward(Device::emulated, {y.data(), x.data(), 0.5, 1, 2, s.size()});
        });
        if (s.height * s.width % 8 != 0) continue;  // rows of the result begin within a sector
        check_coalesced("flatten_forward", [&] {
            flatten_forward(Device::emulated, {y.data(), x.data(), s.images, s.height * s.width, s.channels});
        });
    }
}
