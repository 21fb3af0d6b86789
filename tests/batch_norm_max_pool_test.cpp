#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/batch_norm/batch_norm.h"
#include "kernels/max_pool/max_pool.h"
#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

using Shape = BatchNormMaxPoolShape;
using Bytes = std::vector<std::uint8_t>;

std::int64_t in_size(const Shape& s) { return s.rows() * s.channels; }
std::int64_t out_size(const Shape& s) { return s.out_rows() * s.channels; }
MaxPoolShape pool_shape(const Shape& s) { return {s.images, s.height, s.width, s.channels, 2, 2}; }

// The smallest, odd sizes (in no window, yet in the statistics), no window at all in one image's last row and
// column, channels that no vector width divides, more rows than a work item.
const std::vector<Shape> table = {{1, 2, 2, 1},    {1, 2, 2, 17},  {3, 7, 5, 3},  {2, 3, 2, 33},
                                  {2, 2, 9, 30},   {1, 3, 3, 100}, {5, 8, 8, 32}, {2, 17, 16, 5},
                                  {9, 12, 11, 19}, {300, 2, 2, 16}};

/// What goes in, and everything that a forward writes.
template <typename T>
struct Data {
    Shape shape;
    std::vector<T> x, weight, bias;
    std::vector<T> running_mean = test::prefilled<T>(shape.channels),
                   running_var = test::prefilled<T>(shape.channels);
    std::vector<T> out = test::poisoned<T>(out_size(shape)), winner_x = out;
    Bytes winner = Bytes(out.size(), 255);
    std::vector<T> mean = test::poisoned<T>(shape.channels), inv_std = mean;

    BatchNormMaxPoolTrainForward<T> train_args() {
        return {out.data(),
                winner.data(),
                winner_x.data(),
                mean.data(),
                inv_std.data(),
                running_mean.data(),
                running_var.data(),
                x.data(),
                weight.data(),
                bias.data(),
                T(1e-5),
                T(0.1),
                shape};
    }
    BatchNormMaxPoolEvalForward<T> eval_args() {
        return {out.data(),         winner.data(), winner_x.data(), x.data(), running_mean.data(),
                running_var.data(), weight.data(), bias.data(),     T(1e-5),  shape};
    }
};

/// Values with ties, and weights of both signs and 0, where all of a window tie.
template <typename T>
Data<T> make_data(const Shape& s, bool ties) {
    Data<T> data{s, test::random_values<T>(in_size(s), 1, -1, 2), test::random_values<T>(s.channels, 2),
                 test::random_values<T>(s.channels, 3)};
    for (std::size_t c = 2; c < data.weight.size(); c += 5) data.weight[c] = 0;
    if (ties) {
        for (T& value : data.x) value = std::floor(value * 2) / 2;
    }
    return data;
}

/// batch_norm's forward, then max_pool's, on the CPU.
void compose(Data<float>& data, bool training) {
    const Shape& s = data.shape;
    auto y = test::poisoned<float>(in_size(s));
    if (training) {
        cpu::batch_norm_train_forward({y.data(), data.mean.data(), data.inv_std.data(),
                                       data.running_mean.data(), data.running_var.data(), data.x.data(),
                                       data.weight.data(), data.bias.data(), 1e-5F, 0.1F, s.rows(),
                                       s.channels});
    } else {
        cpu::batch_norm_eval_forward({y.data(), data.x.data(), data.running_mean.data(),
                                      data.running_var.data(), data.weight.data(), data.bias.data(), 1e-5F,
                                      s.rows(), s.channels});
    }
    cpu::max_pool_forward({data.out.data(), data.winner.data(), y.data(), pool_shape(s)});
}

template <typename Check>
void for_each_case(const Check& check) {
    for (const Shape& s : table) {
        for (const bool ties : {false, true}) {
            for (const bool training : {true, false}) {
                CAPTURE(s.images);
                CAPTURE(s.height);
                CAPTURE(s.width);
                CAPTURE(s.channels);
                CAPTURE(ties);
                CAPTURE(training);
                check(s, ties, training);
            }
        }
    }
}

struct Gradients {
    std::vector<float> d_x, d_weight, d_bias;
};

/// Gradient targets as a backward finds them: d_x is memory never written unless it is to be added to.
Gradients targets(const Shape& s, bool add_to_d_x) {
    return {add_to_d_x ? test::prefilled<float>(in_size(s)) : test::poisoned<float>(in_size(s)),
            test::prefilled<float>(s.channels), test::prefilled<float>(s.channels)};
}

template <typename T>
BatchNormMaxPoolBackward<T> backward_args(const Data<T>& data, const std::vector<T>& d_out,
                                          bool batch_statistics) {
    return {nullptr,
            false,
            nullptr,
            nullptr,
            data.mean.data(),
            data.inv_std.data(),
            data.winner.data(),
            data.winner_x.data(),
            d_out.data(),
            data.x.data(),
            data.weight.data(),
            batch_statistics,
            data.shape};
}

/// A backward by a GPU: d_x, d_weight, d_bias.
test::Results backward_on(test::Gpu& device, const Data<float>& data, const std::vector<float>& d_out,
                          bool batch_statistics, bool add_to_d_x, bool with_d_x) {
    const Shape& s = data.shape;
    const Gradients before = targets(s, add_to_d_x);
    const auto d_x = device.array(before.d_x), d_weight = device.array(before.d_weight),
               d_bias = device.array(before.d_bias), mean = device.array(data.mean),
               inv_std = device.array(data.inv_std), winner_x = device.array(data.winner_x),
               device_d_out = device.array(d_out), x = device.array(data.x),
               weight = device.array(data.weight);
    const auto winner = device.array(data.winner);
    batch_norm_max_pool_backward(
        device.id(), {with_d_x ? d_x.data() : nullptr, add_to_d_x, d_weight.data(), d_bias.data(),
                      mean.data(), inv_std.data(), winner.data(), winner_x.data(), device_d_out.data(),
                      x.data(), weight.data(), batch_statistics, s});
    return {d_x.values(), d_weight.values(), d_bias.values()};
}

/// The arrays of a forward, on a GPU.
struct OnGpu {
    using Floats = test::Gpu::Array<float>;

    test::Gpu& device;
    Data<float> data;
    Floats x = device.array(data.x), weight = device.array(data.weight), bias = device.array(data.bias),
           running_mean = device.array(data.running_mean), running_var = device.array(data.running_var),
           mean = device.array(data.mean), inv_std = device.array(data.inv_std),
           out = device.output<float>(out_size(data.shape)),
           winner_x = device.output<float>(out_size(data.shape));
    test::Gpu::Array<std::uint8_t> winner = device.output<std::uint8_t>(out_size(data.shape));

    Data<float> results() {
        data.out = out.values();
        data.winner = winner.values();
        data.winner_x = winner_x.values();
        data.mean = mean.values();
        data.inv_std = inv_std.values();
        data.running_mean = running_mean.values();
        data.running_var = running_var.values();
        return data;
    }
};

/// batch_norm_max_pool's forward by a GPU.
Data<float> forward_on(test::Gpu& device, const Data<float>& data, bool training,
                       const std::vector<float>& moments_of_parts = {}, std::int64_t rows_per_part = 0) {
    const Shape& s = data.shape;
    OnGpu at{device, data};
    const auto moments = device.array(moments_of_parts);
    if (training)
        batch_norm_max_pool_train_forward(device.id(), {at.out.data(),
                                                        at.winner.data(),
                                                        at.winner_x.data(),
                                                        at.mean.data(),
                                                        at.inv_std.data(),
                                                        at.running_mean.data(),
                                                        at.running_var.data(),
                                                        at.x.data(),
                                                        at.weight.data(),
                                                        at.bias.data(),
                                                        1e-5F,
                                                        0.1F,
                                                        s,
                                                        {moments.data(), rows_per_part}});
    else
        batch_norm_max_pool_eval_forward(
            device.id(),
            {at.out.data(), at.winner.data(), at.winner_x.data(), at.x.data(), at.running_mean.data(),
             at.running_var.data(), at.weight.data(), at.bias.data(), 1e-5F, s});
    return at.results();
}

/// batch_norm's forward, then max_pool's, by a GPU. There is no winner_x.
Data<float> compose_on(test::Gpu& device, const Data<float>& data, bool training) {
    const Shape& s = data.shape;
    OnGpu at{device, data};
    const auto y = device.output<float>(in_size(s));
    if (training)
        batch_norm_train_forward(
            device.id(),
            {y.data(), at.mean.data(), at.inv_std.data(), at.running_mean.data(), at.running_var.data(),
             at.x.data(), at.weight.data(), at.bias.data(), 1e-5F, 0.1F, s.rows(), s.channels});
    else
        batch_norm_eval_forward(device.id(),
                                {y.data(), at.x.data(), at.running_mean.data(), at.running_var.data(),
                                 at.weight.data(), at.bias.data(), 1e-5F, s.rows(), s.channels});
    max_pool_forward(device.id(), {at.out.data(), at.winner.data(), y.data(), pool_shape(s)});
    return at.results();
}

}  // namespace

TEST_CASE("batch_norm_max_pool: forward equals batch_norm, then max_pool, bit for bit") {
    for_each_case([](const Shape& s, bool ties, bool training) {
        auto expected = make_data<float>(s, ties);
        compose(expected, training);
        const auto fused = test::same_for_any_threads([&] {
            auto actual = make_data<float>(s, ties);
            if (training)
                cpu::batch_norm_max_pool_train_forward(actual.train_args());
            else
                cpu::batch_norm_max_pool_eval_forward(actual.eval_args());
            test::check_same_bits("winner", actual.winner, expected.winner);
            return std::vector<std::vector<float>>{actual.out,          actual.mean,        actual.inv_std,
                                                   actual.running_mean, actual.running_var, actual.winner_x};
        });
        test::check_same_bits("out", fused[0], expected.out);
        test::check_same_bits("mean", fused[1], expected.mean);
        test::check_same_bits("inv_std", fused[2], expected.inv_std);
        test::check_same_bits("running_mean", fused[3], expected.running_mean);
        test::check_same_bits("running_var", fused[4], expected.running_var);

        auto by_definition = make_data<float>(s, ties);  // which finds winner_x from the winner
        if (training)
            reference::batch_norm_max_pool_train_forward(by_definition.train_args());
        else
            reference::batch_norm_max_pool_eval_forward(by_definition.eval_args());
        test::check_same_bits("winner_x", fused[5], by_definition.winner_x);
        test::check_close("out", fused[0], by_definition.out, {1e-4, 2e-6});
    });
}

TEST_CASE("batch_norm_max_pool: on GPUs, too, forward equals the composition bit for bit") {
    for_each_case([](const Shape& s, bool ties, bool training) {
        const auto data = make_data<float>(s, ties);
        auto by_definition = data;
        if (training)
            reference::batch_norm_max_pool_train_forward(by_definition.train_args());
        else
            reference::batch_norm_max_pool_eval_forward(by_definition.eval_args());

        for (const auto& fused : test::on_gpus([&](auto& device) {
                 const auto expected = compose_on(device, data, training);
                 const auto actual = forward_on(device, data, training);
                 test::check_same_bits("out", actual.out, expected.out);
                 test::check_same_bits("winner", actual.winner, expected.winner);
                 test::check_same_bits("mean", actual.mean, expected.mean);
                 test::check_same_bits("inv_std", actual.inv_std, expected.inv_std);
                 test::check_same_bits("running_mean", actual.running_mean, expected.running_mean);
                 test::check_same_bits("running_var", actual.running_var, expected.running_var);
                 return test::Results{actual.out, actual.winner_x, actual.running_mean, actual.running_var};
             })) {
            test::check_close("out", fused[0], by_definition.out, {1e-4, 2e-6});
            test::check_same_bits("winner_x", fused[1], by_definition.winner_x);
            test::check_close("running_mean", fused[2], by_definition.running_mean, {1e-7, 1e-6});
            test::check_close("running_var", fused[3], by_definition.running_var, {1e-7, 1e-6});
        }
    });
}

/// PartialMoments of x (rows, channels).
std::vector<float> moments_of(const std::vector<float>& x, std::size_t channels, std::size_t rows_per_part) {
    const std::size_t rows = x.size() / channels;
    std::vector<float> moments;
    for (std::size_t first = 0; first < rows; first += rows_per_part) {
        const std::size_t end = std::min(first + rows_per_part, rows);
        std::vector<double> mean(channels), squares(channels);
        for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t i = first; i < end; ++i) mean[c] += x[i * channels + c];
            mean[c] /= static_cast<double>(end - first);
            for (std::size_t i = first; i < end; ++i)
                squares[c] += (x[i * channels + c] - mean[c]) * (x[i * channels + c] - mean[c]);
        }
        moments.insert(moments.end(), mean.begin(), mean.end());
        moments.insert(moments.end(), squares.begin(), squares.end());
    }
    return moments;
}

TEST_CASE("batch_norm_max_pool: GPUs take the statistics from moments of parts, and do not read x for them") {
    for (const Shape& s : table) {
        CAPTURE(s.images);
        CAPTURE(s.height);
        CAPTURE(s.width);
        CAPTURE(s.channels);
        const auto data = make_data<float>(s, false);
        auto elsewhere = data;  // a large mean, which must not harm the variance
        for (float& value : elsewhere.x) value += 100;
        auto expected = elsewhere;
        reference::batch_norm_max_pool_train_forward(expected.train_args());
        for (const std::int64_t rows_per_part : {1, 3, 64}) {
            CAPTURE(rows_per_part);
            const auto moments = moments_of(elsewhere.x, static_cast<std::size_t>(s.channels),
                                            static_cast<std::size_t>(rows_per_part));
            for (const auto& results : test::on_gpus([&](auto& device) {
                     const auto actual = forward_on(device, data, true, moments, rows_per_part);
                     return test::Results{actual.mean, actual.inv_std, actual.running_mean,
                                          actual.running_var};
                 })) {
                test::check_close("mean", results[0], expected.mean, {0, 2e-7});
                test::check_close("inv_std", results[1], expected.inv_std, {0, 2e-5});
                test::check_close("running_mean", results[2], expected.running_mean, {1e-7, 1e-6});
                test::check_close("running_var", results[3], expected.running_var, {1e-5, 1e-5});
            }
        }
    }
}

TEST_CASE("batch_norm_max_pool: backward equals those of max_pool and batch_norm, into new memory or old") {
    for_each_case([](const Shape& s, bool ties, bool training) {
        auto data = make_data<float>(s, ties);
        cpu::batch_norm_max_pool_train_forward(data.train_args());
        const auto d_out = test::random_values<float>(out_size(s), 6);
        auto d_y = std::vector<float>(data.x.size());
        cpu::max_pool_backward({d_y.data(), d_out.data(), data.winner.data(), pool_shape(s)});

        for (const bool add_to_d_x : {false, true}) {
            CAPTURE(add_to_d_x);
            Gradients expected = targets(s, add_to_d_x);
            if (!add_to_d_x) std::ranges::fill(expected.d_x, 0.0F);
            cpu::batch_norm_backward({expected.d_x.data(), expected.d_weight.data(), expected.d_bias.data(),
                                      data.mean.data(), data.inv_std.data(), d_y.data(), data.x.data(),
                                      data.weight.data(), training, s.rows(), s.channels});
            const auto run = [&](auto backward, bool with_d_x) {
                Gradients actual = targets(s, add_to_d_x);
                auto args = backward_args(data, d_out, training);
                args.d_x = with_d_x ? actual.d_x.data() : nullptr;
                args.add_to_d_x = add_to_d_x;
                args.d_weight = actual.d_weight.data();
                args.d_bias = actual.d_bias.data();
                backward(args);
                return std::vector<std::vector<float>>{actual.d_x, actual.d_weight, actual.d_bias};
            };
            auto all = test::on_gpus(
                [&](auto& device) { return backward_on(device, data, d_out, training, add_to_d_x, true); });
            all.push_back(
                test::same_for_any_threads([&] { return run(&cpu::batch_norm_max_pool_backward, true); }));
            all.push_back(run(&reference::batch_norm_max_pool_backward<float>, true));
            for (const auto& actual : all) {
                // One image of 2x2: an inv_std of up to 300 multiplies the rounding.
                test::check_close("d_x", actual[0], expected.d_x, {s.rows() == 4 ? 1e-4 : 4e-6, 2e-6});
                test::check_close("d_weight", actual[1], expected.d_weight, {1e-5, 2e-6});
                test::check_close("d_bias", actual[2], expected.d_bias, {1e-5, 2e-6});
            }
            auto all_without = test::on_gpus(
                [&](auto& device) { return backward_on(device, data, d_out, training, add_to_d_x, false); });
            all_without.push_back(run(&cpu::batch_norm_max_pool_backward, false));
            for (const auto& without : all_without) {
                test::check_same_bits("d_x", without[0], targets(s, add_to_d_x).d_x);
                test::check_close("d_weight", without[1], expected.d_weight, {1e-5, 2e-6});
            }
        }
    });
}

TEST_CASE("batch_norm_max_pool: a negative weight makes the smallest win, a weight of 0 the first") {
    // Two channels of one window, side by side; mean 3 of each.
    const std::vector<float> x = {2, 2, 5, 5, 1, 1, 4, 4};
    for (const auto forward :
         {&cpu::batch_norm_max_pool_train_forward, &reference::batch_norm_max_pool_train_forward<float>}) {
        Data<float> data{{1, 2, 2, 2}, x, {-1, 0}, {0, 7}};
        forward(data.train_args());
        CHECK(data.winner == Bytes{2, 0});
        CHECK(data.winner_x == std::vector<float>{1, 2});
        CHECK(data.mean == std::vector<float>{3, 3});
        CHECK(data.out[0] == doctest::Approx(2 / std::sqrt(2.5)).epsilon(1e-5));
        CHECK(data.out[1] == 7);
    }
}

TEST_CASE("batch_norm_max_pool: in evaluation NaN wins over every number, the last NaN over those before") {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    const Data<float> data{{1, 2, 4, 1}, {1, nan, 3, 4, nan, 5, nan, 2}, {1}, {0}};
    const auto check = [](const Data<float>& pooled) {
        CHECK(pooled.winner == Bytes{2, 2});
        CHECK(std::isnan(pooled.out[0]));
        CHECK(std::isnan(pooled.winner_x[1]));
    };
    for (const auto forward :
         {&cpu::batch_norm_max_pool_eval_forward, &reference::batch_norm_max_pool_eval_forward<float>}) {
        auto pooled = data;
        forward(pooled.eval_args());
        check(pooled);
    }
    test::on_gpus([&](auto& device) {
        const auto pooled = forward_on(device, data, false);
        check(pooled);
        return test::Results{pooled.out, pooled.winner_x};
    });
}

TEST_CASE("batch_norm_max_pool: gradcheck") {
    const Shape s{2, 5, 4, 3};
    for (const bool training : {true, false}) {
        CAPTURE(training);
        const auto run = [&](const test::Arrays& in) {
            Data<double> data{s, in[0], in[1], in[2]};
            if (training) {
                reference::batch_norm_max_pool_train_forward(data.train_args());
                return data;
            }
            data.mean = data.running_mean;
            for (std::size_t c = 0; c < data.inv_std.size(); ++c)
                data.inv_std[c] = 1 / std::sqrt(data.running_var[c] + 1e-5);
            reference::batch_norm_max_pool_eval_forward(data.eval_args());
            return data;
        };
        test::gradcheck(
            {test::random_values<double>(in_size(s), 1), {0.7, -1.2, 1.5}, {0.1, -0.2, 0.3}},
            [&](const test::Arrays& in) { return run(in).out; },
            [&](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& g) {
                const auto data = run(in);
                auto args = backward_args(data, d_out, training);
                args.d_x = g[0].data();
                args.add_to_d_x = true;
                args.d_weight = g[1].data();
                args.d_bias = g[2].data();
                reference::batch_norm_max_pool_backward(args);
            });
    }
}
