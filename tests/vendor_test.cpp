#include "kernels/vendor/vendor.h"

#include <algorithm>
#include <tuple>

#include "tests/support/gpu.h"
#include "tests/support/random_values.h"

// A second opinion: cuBLAS and cuDNN against the reference, on a GPU. So the reference's sums, layouts and
// conventions are checked by somebody else, and the benchmarks' rivals are known to do the same work.
using namespace kernels;

namespace {

constexpr test::Tolerance close{1e-4, 1e-4};

bool has_gpu() {
    const auto devices = test::other_devices();
    return std::find(devices.begin(), devices.end(), Device::cuda) != devices.end();
}

/// What was computed on the GPU, or by the reference.
using Arrays = std::vector<std::vector<float>>;

void check(const char* what, const Arrays& actual, const Arrays& expected) {
    REQUIRE(actual.size() == expected.size());
    for (std::size_t k = 0; k < actual.size(); ++k)
        test::check_close(what + std::string(", array ") + std::to_string(k), actual[k], expected[k], close);
}

}  // namespace

TEST_CASE("vendor: without a GPU every call says so") {
    if (test::is_usable(Device::cuda)) return;
    float value = 0;
    CHECK_THROWS_AS(vendor::linear_forward({&value, &value, &value, nullptr, 1, 1, 1}), DeviceError);
    CHECK_THROWS_AS(vendor::conv2d_forward({&value, &value, &value, nullptr, {1, 1, 1, 1, 1}}), DeviceError);
    CHECK_THROWS_AS(vendor::max_pool_forward({&value, nullptr, &value, {1, 2, 2, 1, 2, 2}}), DeviceError);
    CHECK_THROWS_AS(
        vendor::batch_norm_eval_forward({&value, &value, &value, &value, &value, &value, 1e-5F, 1, 1}),
        DeviceError);
}

TEST_CASE("vendor: linear equals the reference") {
    if (!has_gpu()) return;
    test::Gpu gpu(Device::cuda);
    for (const auto& [rows, in, out] : {std::tuple<std::int64_t, std::int64_t, std::int64_t>{1, 1, 1},
                                        {5, 3, 7},
                                        {33, 64, 10},
                                        {128, 256, 256}}) {
        CAPTURE(rows);
        const auto x = test::random_values<float>(rows * in, 1),
                   weight = test::random_values<float>(out * in, 2),
                   bias = test::random_values<float>(out, 3), d_y = test::random_values<float>(rows * out, 4);
        auto y = test::poisoned<float>(rows * out);
        auto d_x = test::prefilled<float>(rows * in), d_weight = test::prefilled<float>(out * in),
             d_bias = test::prefilled<float>(out);
        const auto gx = gpu.array(x), gweight = gpu.array(weight), gbias = gpu.array(bias),
                   gd_y = gpu.array(d_y), gy = gpu.array(y), gd_x = gpu.array(d_x),
                   gd_weight = gpu.array(d_weight), gd_bias = gpu.array(d_bias);
        reference::linear_forward(
            LinearForward<float>{y.data(), x.data(), weight.data(), bias.data(), rows, in, out});
        reference::linear_backward(LinearBackward<float>{d_x.data(), d_weight.data(), d_bias.data(),
                                                         d_y.data(), x.data(), weight.data(), rows, in, out});
        vendor::linear_forward({gy.data(), gx.data(), gweight.data(), gbias.data(), rows, in, out});
        vendor::linear_backward({gd_x.data(), gd_weight.data(), gd_bias.data(), gd_y.data(), gx.data(),
                                 gweight.data(), rows, in, out});
        check("linear", {gy.values(), gd_x.values(), gd_weight.values(), gd_bias.values()},
              {y, d_x, d_weight, d_bias});
    }
}

TEST_CASE("vendor: conv2d equals the reference") {
    if (!has_gpu()) return;
    test::Gpu gpu(Device::cuda);
    for (const Conv2dShape& s :
         {Conv2dShape{2, 7, 6, 8, 16}, {3, 16, 16, 32, 64}, {2, 9, 8, 4, 8, 3, 2, 0}}) {
        CAPTURE(s.in_channels);
        const std::int64_t x_size = s.images * s.height * s.width * s.in_channels,
                           weight_size = s.out_channels * s.taps(), y_size = s.rows() * s.out_channels;
        const auto x = test::random_values<float>(x_size, 1),
                   weight = test::random_values<float>(weight_size, 2),
                   bias = test::random_values<float>(s.out_channels, 3),
                   d_y = test::random_values<float>(y_size, 4);
        auto y = test::poisoned<float>(y_size);
        auto d_x = test::prefilled<float>(x_size), d_weight = test::prefilled<float>(weight_size),
             d_bias = test::prefilled<float>(s.out_channels);
        const auto gx = gpu.array(x), gweight = gpu.array(weight), gbias = gpu.array(bias),
                   gd_y = gpu.array(d_y), gy = gpu.array(y), gd_x = gpu.array(d_x),
                   gd_weight = gpu.array(d_weight), gd_bias = gpu.array(d_bias);
        reference::conv2d_forward(Conv2dForward<float>{y.data(), x.data(), weight.data(), bias.data(), s});
        reference::conv2d_backward(Conv2dBackward<float>{d_x.data(), d_weight.data(), d_bias.data(),
                                                         d_y.data(), x.data(), weight.data(), s});
        vendor::conv2d_forward({gy.data(), gx.data(), gweight.data(), gbias.data(), s});
        vendor::conv2d_backward(
            {gd_x.data(), gd_weight.data(), gd_bias.data(), gd_y.data(), gx.data(), gweight.data(), s});
        check("conv2d", {gy.values(), gd_x.values(), gd_weight.values(), gd_bias.values()},
              {y, d_x, d_weight, d_bias});
    }
}

TEST_CASE("vendor: pooling equals the reference") {
    if (!has_gpu()) return;
    test::Gpu gpu(Device::cuda);
    const MaxPoolShape windows{3, 6, 8, 5, 2, 2};
    const AdaptiveAvgPoolShape whole{3, 6, 8, 5, 1, 1};
    const std::int64_t size = 3 * 6 * 8 * 5;
    const auto x = test::random_values<float>(size, 1), d_average = test::random_values<float>(3 * 5, 2);
    auto highest = test::poisoned<float>(size / 4), average = test::poisoned<float>(3 * 5);
    auto d_x = test::prefilled<float>(size);
    std::vector<std::uint8_t> winner(static_cast<std::size_t>(size) / 4);
    const auto gx = gpu.array(x), gd_average = gpu.array(d_average), ghighest = gpu.array(highest),
               gaverage = gpu.array(average), gd_x = gpu.array(d_x);
    reference::max_pool_forward(MaxPoolForward<float>{highest.data(), winner.data(), x.data(), windows});
    reference::adaptive_avg_pool_forward(AdaptiveAvgPoolForward<float>{average.data(), x.data(), whole});
    reference::adaptive_avg_pool_backward(
        AdaptiveAvgPoolBackward<float>{d_x.data(), d_average.data(), whole});
    vendor::max_pool_forward({ghighest.data(), nullptr, gx.data(), windows});
    vendor::adaptive_avg_pool_forward({gaverage.data(), gx.data(), whole});
    vendor::adaptive_avg_pool_backward({gd_x.data(), gd_average.data(), whole});
    check("pooling", {ghighest.values(), gaverage.values(), gd_x.values()}, {highest, average, d_x});
}

TEST_CASE("vendor: batch_norm equals the reference") {
    if (!has_gpu()) return;
    test::Gpu gpu(Device::cuda);
    const std::int64_t rows = 300, c = 20;
    const auto x = test::random_values<float>(rows * c, 1), weight = test::random_values<float>(c, 2),
               bias = test::random_values<float>(c, 3), d_y = test::random_values<float>(rows * c, 4);
    auto y = test::poisoned<float>(rows * c), mean = test::poisoned<float>(c),
         inv_std = test::poisoned<float>(c);
    auto running_mean = test::prefilled<float>(c), running_var = test::prefilled<float>(c),
         d_x = test::prefilled<float>(rows * c), d_weight = test::prefilled<float>(c),
         d_bias = test::prefilled<float>(c);
    const auto gx = gpu.array(x), gweight = gpu.array(weight), gbias = gpu.array(bias), gd_y = gpu.array(d_y),
               gy = gpu.array(y), gmean = gpu.array(mean), ginv_std = gpu.array(inv_std),
               grunning_mean = gpu.array(running_mean), grunning_var = gpu.array(running_var),
               gd_x = gpu.array(d_x), gd_weight = gpu.array(d_weight), gd_bias = gpu.array(d_bias);
    reference::batch_norm_train_forward(BatchNormTrainForward<float>{
        y.data(), mean.data(), inv_std.data(), running_mean.data(), running_var.data(), x.data(),
        weight.data(), bias.data(), 1e-5F, 0.1F, rows, c});
    reference::batch_norm_backward(BatchNormBackward<float>{d_x.data(), d_weight.data(), d_bias.data(),
                                                            mean.data(), inv_std.data(), d_y.data(), x.data(),
                                                            weight.data(), true, rows, c});
    vendor::batch_norm_train_forward({gy.data(), gmean.data(), ginv_std.data(), grunning_mean.data(),
                                      grunning_var.data(), gx.data(), gweight.data(), gbias.data(), 1e-5F,
                                      0.1F, rows, c});
    vendor::batch_norm_backward({gd_x.data(), gd_weight.data(), gd_bias.data(), gmean.data(), ginv_std.data(),
                                 gd_y.data(), gx.data(), gweight.data(), true, rows, c});
    check("batch_norm",
          {gy.values(), gmean.values(), ginv_std.values(), grunning_mean.values(), grunning_var.values(),
           gd_x.values(), gd_weight.values(), gd_bias.values()},
          {y, mean, inv_std, running_mean, running_var, d_x, d_weight, d_bias});
}
