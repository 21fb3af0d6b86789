#include "kernels/batch_norm/batch_norm.h"

#include <cmath>

#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

struct Shape {
    std::int64_t rows, channels;
};

// Around the edges of a work item (256 rows), and channels that no vector width divides.
const std::vector<Shape> table = {{2, 1},    {2, 3},    {7, 5},      {255, 17}, {256, 30},
                                  {257, 33}, {512, 16}, {1000, 100}, {3000, 3}, {700, 1}};

/// More rows than 512 blocks of a device, the most that sums are cut into, take in one go.
constexpr Shape many_rows = {16500, 17};

/// Everything that a training forward reads and writes.
template <typename T>
struct Training {
    std::int64_t rows, channels;
    std::vector<T> x, weight, bias;
    std::vector<T> out = test::poisoned<T>(rows * channels);
    std::vector<T> mean = test::poisoned<T>(channels), inv_std = test::poisoned<T>(channels);
    std::vector<T> running_mean = test::prefilled<T>(channels), running_var = test::prefilled<T>(channels);

    BatchNormTrainForward<T> args() {
        return {out.data(),
                mean.data(),
                inv_std.data(),
                running_mean.data(),
                running_var.data(),
                x.data(),
                weight.data(),
                bias.data(),
                T(1e-5),
                T(0.1),
                rows,
                channels};
    }
};

template <typename T>
Training<T> random_training(std::int64_t rows, std::int64_t channels, double low = -1, double high = 2) {
    return {rows, channels, test::random_values<T>(rows * channels, 1, low, high),
            test::random_values<T>(channels, 2, 0.5, 1.5), test::random_values<T>(channels, 3)};
}

/// The same data for a run of the reference that rounds nothing on the way.
Training<double> in_double(const Training<float>& data) {
    return {data.rows,
            data.channels,
            {data.x.begin(), data.x.end()},
            {data.weight.begin(), data.weight.end()},
            {data.bias.begin(), data.bias.end()}};
}

test::Results results_of(const Training<float>& data) {
    return {data.out, data.mean, data.inv_std, data.running_mean, data.running_var};
}

/// A training forward by a GPU, with its own copy of all.
template <typename Gpu>
test::Results train_on(Gpu& device, const Training<float>& data) {
    const auto x = device.array(data.x), weight = device.array(data.weight), bias = device.array(data.bias),
               running_mean = device.array(data.running_mean), running_var = device.array(data.running_var);
    const auto out = device.template output<float>(data.rows * data.channels),
               mean = device.template output<float>(data.channels),
               inv_std = device.template output<float>(data.channels);
    batch_norm_train_forward(
        device.id(), {out.data(), mean.data(), inv_std.data(), running_mean.data(), running_var.data(),
                      x.data(), weight.data(), bias.data(), 1e-5F, 0.1F, data.rows, data.channels});
    return {out.values(), mean.values(), inv_std.values(), running_mean.values(), running_var.values()};
}

/// What a training forward makes of the data, in each fast way: on the CPU, on any number of threads, and on
/// a GPU.
std::vector<Training<float>> trained_everywhere(const Training<float>& data) {
    auto ways = test::on_gpus([&](auto& device) { return train_on(device, data); });
    ways.push_back(test::same_for_any_threads([&] {
        auto actual = data;
        cpu::batch_norm_train_forward(actual.args());
        return results_of(actual);
    }));
    std::vector<Training<float>> trained;
    for (const test::Results& r : ways)
        trained.push_back(
            {data.rows, data.channels, data.x, data.weight, data.bias, r[0], r[1], r[2], r[3], r[4]});
    return trained;
}

void check_training(const Shape& shape) {
    CAPTURE(shape.rows);
    CAPTURE(shape.channels);
    auto expected = random_training<float>(shape.rows, shape.channels);
    const auto data = expected;
    reference::batch_norm_train_forward(expected.args());
    for (const auto& fast : trained_everywhere(data)) {
        test::check_close("mean", fast.mean, expected.mean, {1e-7, 1e-6});
        test::check_close("inv_std", fast.inv_std, expected.inv_std, {0, 1e-6});
        test::check_close("running_mean", fast.running_mean, expected.running_mean, {1e-7, 1e-6});
        test::check_close("running_var", fast.running_var, expected.running_var, {1e-7, 1e-6});
        // Two rows that nearly agree have an inv_std of up to 300, which multiplies the rounding of the mean.
        test::check_close("out", fast.out, expected.out, {shape.rows == 2 ? 1e-4 : 2e-6, 2e-6});
    }
}

void check_backward(const Shape& shape, bool batch_statistics, bool with_d_x) {
    const std::int64_t rows = shape.rows, channels = shape.channels;
    CAPTURE(shape.rows);
    CAPTURE(shape.channels);
    CAPTURE(batch_statistics);
    CAPTURE(with_d_x);
    const auto data = random_training<float>(rows, channels);
    const auto mean = test::random_values<float>(channels, 4),
               inv_std = test::random_values<float>(channels, 5, 0.5, 2);
    const auto d_out = test::random_values<float>(rows * channels, 6);
    const auto d_x_before = test::prefilled<float>(rows * channels),
               parameter_before = test::prefilled<float>(channels);
    const auto run = [&](auto backward) {
        test::Results r = {d_x_before, parameter_before, parameter_before};
        backward(BatchNormBackward<float>{with_d_x ? r[0].data() : nullptr, r[1].data(), r[2].data(),
                                          mean.data(), inv_std.data(), d_out.data(), data.x.data(),
                                          data.weight.data(), batch_statistics, rows, channels});
        return r;
    };
    auto fast = test::on_gpus([&](auto& device) {
        const auto d_x = device.array(d_x_before), d_weight = device.array(parameter_before),
                   d_bias = device.array(parameter_before);
        const auto device_mean = device.array(mean), device_inv_std = device.array(inv_std),
                   device_d_out = device.array(d_out), x = device.array(data.x),
                   weight = device.array(data.weight);
        batch_norm_backward(device.id(), {with_d_x ? d_x.data() : nullptr, d_weight.data(), d_bias.data(),
                                          device_mean.data(), device_inv_std.data(), device_d_out.data(),
                                          x.data(), weight.data(), batch_statistics, rows, channels});
        return test::Results{d_x.values(), d_weight.values(), d_bias.values()};
    });
    fast.push_back(test::same_for_any_threads([&] { return run(&cpu::batch_norm_backward); }));
    const auto expected = run(&reference::batch_norm_backward<float>);
    for (const auto& actual : fast) {
        test::check_close("d_x", actual[0], expected[0], {2e-6, 2e-6});
        test::check_close("d_weight", actual[1], expected[1], {1e-5, 2e-6});
        test::check_close("d_bias", actual[2], expected[2], {1e-5, 2e-6});
    }
}

}  // namespace

TEST_CASE("batch_norm: fast training forward equals reference") {
    for (const Shape& shape : table) check_training(shape);
    check_training(many_rows);
}

TEST_CASE("batch_norm: fast evaluation equals reference") {
    for (const auto& [rows, channels] : table) {
        CAPTURE(rows);
        CAPTURE(channels);
        const auto data = random_training<float>(rows, channels);
        const auto mean = test::random_values<float>(channels, 4),
                   var = test::random_values<float>(channels, 5, 0.1, 2);
        const auto run = [&, rows = rows, channels = channels](auto forward) {
            auto out = test::poisoned<float>(rows * channels);
            forward(BatchNormEvalForward<float>{out.data(), data.x.data(), mean.data(), var.data(),
                                                data.weight.data(), data.bias.data(), 1e-5F, rows, channels});
            return std::vector<std::vector<float>>{out};
        };
        auto fast = test::on_gpus([&, rows = rows, channels = channels](auto& device) {
            const auto x = device.array(data.x), weight = device.array(data.weight),
                       bias = device.array(data.bias), device_mean = device.array(mean),
                       device_var = device.array(var);
            const auto out = device.template output<float>(rows * channels);
            batch_norm_eval_forward(device.id(), {out.data(), x.data(), device_mean.data(), device_var.data(),
                                                  weight.data(), bias.data(), 1e-5F, rows, channels});
            return test::Results{out.values()};
        });
        fast.push_back(test::same_for_any_threads([&] { return run(&cpu::batch_norm_eval_forward); }));
        const auto expected = run(&reference::batch_norm_eval_forward<float>);
        for (const auto& actual : fast) test::check_close("out", actual[0], expected[0], {1e-6, 2e-6});
    }
}

TEST_CASE("batch_norm: fast backward equals reference, with and without d_x") {
    for (const Shape& shape : table)
        for (const bool batch_statistics : {true, false})
            for (const bool with_d_x : {true, false}) check_backward(shape, batch_statistics, with_d_x);
    check_backward(many_rows, true, true);
}

TEST_CASE("batch_norm: a mean a hundred thousand times the deviation does not spoil the variance") {
    for (const std::int64_t rows : {2, 300, 5000}) {
        CAPTURE(rows);
        const auto data = random_training<float>(rows, 17, 1000, 1000.01);
        auto exact = in_double(data);
        reference::batch_norm_train_forward(exact.args());
        for (const auto& fast : trained_everywhere(data)) {
            test::check_close("mean", fast.mean, exact.mean, {0, 6e-8});  // rounded once
            test::check_close("inv_std", fast.inv_std, exact.inv_std, {0, 1e-6});

            // The saved mean is a float, so the output is judged by the statistics that were saved.
            auto expected = test::poisoned<double>(rows * 17);
            for (std::size_t i = 0; i < expected.size(); ++i) {
                const std::size_t c = i % 17;
                const double deviation = static_cast<double>(fast.x[i]) - fast.mean[c];
                expected[i] = deviation * fast.inv_std[c] * fast.weight[c] + fast.bias[c];
            }
            test::check_close("out", fast.out, expected, {1e-6, 1e-6});
        }
    }
}

TEST_CASE("batch_norm: an outlier in the first row does not spoil the variance") {
    auto data = random_training<float>(600, 5);
    for (std::size_t c = 0; c < 5; ++c) data.x[c] = 1e6F;
    auto exact = in_double(data);
    reference::batch_norm_train_forward(exact.args());
    for (const auto& fast : trained_everywhere(data)) {
        test::check_close("mean", fast.mean, exact.mean, {0, 1e-6});
        test::check_close("inv_std", fast.inv_std, exact.inv_std, {0, 1e-6});
    }
}

TEST_CASE("batch_norm: a constant channel becomes its bias") {
    Training<float> by_reference{300, 2, std::vector<float>(600, 0.75F), {2, 3}, {-1, 5}};
    auto all = trained_everywhere(by_reference);
    reference::batch_norm_train_forward(by_reference.args());
    all.push_back(by_reference);
    for (const auto& data : all) {
        for (std::size_t i = 0; i < 600; i += 2) {
            CHECK(data.out[i] == -1);
            CHECK(data.out[i + 1] == 5);
        }
        CHECK(data.inv_std[0] == doctest::Approx(1 / std::sqrt(1e-5)).epsilon(1e-6));
    }
}

TEST_CASE("batch_norm: running statistics, worked out by hand") {
    for (const auto forward : {&cpu::batch_norm_train_forward, &reference::batch_norm_train_forward<float>}) {
        Training<float> data{2, 1, {1, 3}, {1}, {0}};  // mean 2, biased variance 1, unbiased 2
        data.running_mean = {0};
        data.running_var = {1};
        forward(data.args());
        CHECK(data.mean[0] == 2);
        CHECK(data.running_mean[0] == doctest::Approx(0.2).epsilon(1e-6));
        CHECK(data.running_var[0] == doctest::Approx(0.9 + 0.2).epsilon(1e-6));
        CHECK(data.out[0] == doctest::Approx(-1).epsilon(1e-5));
        CHECK(data.out[1] == doctest::Approx(1).epsilon(1e-5));
    }
}

TEST_CASE("batch_norm: NaN spoils its own channel only") {
    auto data = random_training<float>(300, 5);
    data.x[5 * 40 + 3] = std::numeric_limits<float>::quiet_NaN();
    for (const auto& fast : trained_everywhere(data))
        for (std::size_t i = 0; i < fast.out.size(); ++i) CHECK(std::isnan(fast.out[i]) == (i % 5 == 3));
}

TEST_CASE("batch_norm: gradcheck with the statistics of the batch") {
    const std::int64_t rows = 6, channels = 3;
    const auto run = [&](const test::Arrays& in) {
        Training<double> data{rows, channels, in[0], in[1], in[2]};
        reference::batch_norm_train_forward(data.args());
        return data;
    };
    test::gradcheck(
        {test::random_values<double>(rows * channels, 1), test::random_values<double>(channels, 2),
         test::random_values<double>(channels, 3)},
        [&](const test::Arrays& in) { return run(in).out; },
        [&](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& g) {
            const auto data = run(in);
            reference::batch_norm_backward(BatchNormBackward<double>{
                g[0].data(), g[1].data(), g[2].data(), data.mean.data(), data.inv_std.data(), d_out.data(),
                in[0].data(), in[1].data(), true, rows, channels});
        });
}

TEST_CASE("batch_norm: gradcheck with constant statistics") {
    const std::int64_t rows = 4, channels = 3;
    const auto mean = test::random_values<double>(channels, 4),
               var = test::random_values<double>(channels, 5, 0.5, 2);
    test::gradcheck(
        {test::random_values<double>(rows * channels, 1), test::random_values<double>(channels, 2),
         test::random_values<double>(channels, 3)},
        [&](const test::Arrays& in) {
            auto out = test::poisoned<double>(rows * channels);
            reference::batch_norm_eval_forward(
                BatchNormEvalForward<double>{out.data(), in[0].data(), mean.data(), var.data(), in[1].data(),
                                             in[2].data(), 1e-5, rows, channels});
            return out;
        },
        [&](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& g) {
            std::vector<double> inv_std;
            for (const double v : var) inv_std.push_back(1 / std::sqrt(v + 1e-5));
            reference::batch_norm_backward(
                BatchNormBackward<double>{g[0].data(), g[1].data(), g[2].data(), mean.data(), inv_std.data(),
                                          d_out.data(), in[0].data(), in[1].data(), false, rows, channels});
        });
}
