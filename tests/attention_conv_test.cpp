#include "kernels/attention_conv/attention_conv.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "kernels/add/add.h"
#include "kernels/attention_conv/algorithms.h"
#include "kernels/mul/mul.h"
#include "kernels/relu/relu.h"
#include "tests/support/broadcast_shapes.h"
#include "tests/support/gpu.h"
#include "tests/support/gradcheck.h"

using namespace kernels;

namespace {

const std::vector<Conv2dShape> table = {
    {1, 5, 5, 1, 1},           {2, 7, 6, 3, 5},    {1, 9, 8, 17, 33},        {3, 6, 5, 30, 17},
    {1, 4, 7, 100, 3},         {2, 32, 32, 3, 32}, {3, 16, 16, 32, 64},      {5, 2, 2, 64, 48},
    {3, 1, 1, 16, 16},         {4, 4, 4, 40, 70},  {9, 8, 8, 33, 20},        {7, 2, 2, 100, 40},
    {40, 4, 4, 16, 8},         {2, 2, 9, 9, 70},   {2, 7, 6, 3, 5, 1, 1, 0}, {2, 7, 6, 5, 3, 5, 2, 2},
    {1, 9, 8, 4, 30, 3, 2, 0}, {2, 1, 1, 1, 1},    {3, 1, 7, 2, 5},          {1, 7, 1, 4, 16},
    {40, 5, 5, 3, 17},         {70, 2, 3, 1, 30},  {2, 7, 6, 8, 33},         {2, 32, 32, 1, 16},
    {1, 32, 32, 4, 100},       {2, 5, 33, 2, 32},  {1, 3, 150, 3, 5},        {1, 40, 17, 8, 30}};

/// Many tiles and few filters: the CPU computes all gradients in one pass.
const std::vector<Conv2dShape> shared_table = {
    {9, 29, 31, 17, 12}, {520, 2, 2, 20, 24}, {130, 5, 5, 49, 101}};

std::int64_t x_size(const Conv2dShape& s) { return s.images * s.height * s.width * s.in_channels; }
std::int64_t weight_size(const Conv2dShape& s) { return s.out_channels * s.taps(); }
std::int64_t out_size(const Conv2dShape& s) { return s.rows() * s.out_channels; }
std::int64_t moments_size(Device device, const Conv2dShape& s) {
    const std::int64_t each = attention_conv_rows_per_part(device);
    return (s.rows() + each - 1) / each * 2 * s.out_channels;
}

/// x, a, then the weight and the bias of each branch. On a grid: z_k is exact in float and in double, so both
/// agree where it is positive, and it is exactly 0 now and then.
template <typename T>
std::vector<std::vector<T>> grid_inputs(const Conv2dShape& s) {
    std::vector<std::vector<T>> inputs = {test::grid_values<T>(x_size(s), 1),
                                          test::grid_values<T>(s.images * branches, 2)};
    for (std::uint64_t k = 0; k < branches; ++k) {
        inputs.push_back(test::grid_values<T>(weight_size(s), 10 + k));
        inputs.push_back(test::grid_values<T>(s.out_channels, 20 + k));
    }
    return inputs;
}

template <typename T>
AttentionConvForward<T> forward_args(std::vector<T>& out, std::vector<std::uint8_t>& active,
                                     const std::vector<std::vector<T>>& in, const Conv2dShape& s,
                                     bool rectified = false) {
    return {out.data(),
            active.data(),
            in[0].data(),
            in[1].data(),
            {in[2].data(), in[4].data(), in[6].data()},
            {in[3].data(), in[5].data(), in[7].data()},
            s,
            rectified};
}

/// Gradients in the order of the inputs.
template <typename T>
AttentionConvBackward<T> backward_args(std::vector<std::vector<T>>& g,
                                       const std::vector<std::uint8_t>& active, const std::vector<T>& d_out,
                                       const std::vector<std::vector<T>>& in, const Conv2dShape& s,
                                       bool rectified = false) {
    return {g[0].data(),
            g[1].data(),
            {g[2].data(), g[4].data(), g[6].data()},
            {g[3].data(), g[5].data(), g[7].data()},
            active.data(),
            d_out.data(),
            in[0].data(),
            in[1].data(),
            {in[2].data(), in[4].data(), in[6].data()},
            {in[3].data(), in[5].data(), in[7].data()},
            s,
            rectified};
}

template <typename T>
struct Result {
    std::vector<T> out;
    std::vector<std::uint8_t> active;
    std::vector<std::vector<T>> gradients;
};

/// The backward is given `saved` as the forward's bits, or what the forward wrote if there is none.
template <typename T, typename Forward, typename Backward>
Result<T> run(const Forward& forward, const Backward& backward, const Conv2dShape& s, bool rectified = false,
              const std::vector<std::uint8_t>& saved = {}) {
    auto in = grid_inputs<T>(s);
    if (rectified)
        for (T& a : in[1]) a = std::max(a, T{0});
    const auto d_out = test::grid_values<T>(out_size(s), 3);
    Result<T> r{test::poisoned<T>(out_size(s)), std::vector<std::uint8_t>(d_out.size(), 255), {}};
    for (const auto& input : in)
        r.gradients.push_back(test::prefilled<T>(static_cast<std::int64_t>(input.size())));
    forward(forward_args<T>(r.out, r.active, in, s, rectified));
    backward(backward_args<T>(r.gradients, saved.empty() ? r.active : saved, d_out, in, s, rectified));
    return r;
}

/// Where some z_k is exactly 0, an algorithm that rounds on the way there may see it on either side: takes
/// the expected bits there.
void settle_ties(std::vector<std::uint8_t>& active, const std::vector<std::uint8_t>& expected,
                 const Conv2dShape& s) {
    const auto in = grid_inputs<double>(s);
    for (std::size_t k = 0; k < branches; ++k) {
        auto z = test::poisoned<double>(out_size(s));
        reference::conv2d_forward(
            Conv2dForward<double>{z.data(), in[0].data(), in[2 + 2 * k].data(), in[3 + 2 * k].data(), s});
        const auto bit = static_cast<std::uint8_t>(1U << k);
        for (std::size_t i = 0; i < z.size(); ++i)
            if (z[i] == 0) active[i] = static_cast<std::uint8_t>((active[i] & ~bit) | (expected[i] & bit));
    }
}

/// d_a, number 1, sums over a whole image: its rounding error grows with the size of the terms, not of the
/// sum.
test::Tolerance gradient_tolerance(const Conv2dShape& s, std::size_t k) {
    const std::int64_t terms_of_image = out_size(s) / s.images;
    const auto terms = static_cast<double>(terms_of_image);
    return {k == 1 ? 1e-7 * terms + 1e-5 : 5e-5, 1e-5};
}

/// Winograd's algorithm rounds in proportion to the typical size of the result, not of each element: its
/// transforms mix the elements of a tile (docs/winograd.md measures how much).
test::Tolerance tolerance_for(const Conv2dShape& s, const std::vector<double>& expected, double absolute) {
    if (cpu::attention_conv_algorithm(s) != cpu::AttentionConvAlgorithm::winograd) return {absolute, 1e-5};
    double squares = 0;
    for (const double value : expected) squares += value * value;
    return {2e-5 * std::sqrt(squares / static_cast<double>(expected.size())), 1e-5};
}

/// One of the ways to run the kernels of GPUs.
struct Way {
    Precision precision;
    bool rectified, wants_d_x;
};
std::vector<Way> all_ways() {
    std::vector<Way> ways;
    for (const bool wants_d_x : {true, false})
        for (const bool rectified : {false, true})
            for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16})
                ways.push_back({precision, rectified, wants_d_x});
    return ways;
}

/// The emulator takes about a tenth of a microsecond for each access of a thread: small shapes run in every
/// way, large ones in one each, in turn.
std::vector<Way> ways_to_run(std::size_t shape) {
    const std::vector<Way> all = all_ways();
    if (out_size(table[shape]) * table[shape].in_channels < 1500) return all;
    return {all[shape % all.size()]};
}

/// What run() computes, by the kernels of GPUs: out, the bits, the moments of out, and the gradients in the
/// order of the inputs. d_x is missing if it is not wanted.
std::vector<test::Results> run_on_gpus(const std::vector<std::vector<float>>& in,
                                       const std::vector<float>& d_out, const Conv2dShape& s,
                                       const Way& way) {
    return test::on_gpus([&](auto& device) {
        using Array = decltype(device.array(d_out));
        const auto arrays = [&](auto make) {
            std::vector<std::unique_ptr<Array>> result;
            for (const auto& input : in) result.push_back(std::make_unique<Array>(device.id(), make(input)));
            return result;
        };
        const auto inputs = arrays([](const auto& values) { return values; });
        const auto gradients = arrays([](const auto& values) {
            return test::prefilled<float>(static_cast<std::int64_t>(values.size()));
        });
        const auto device_d_out = device.array(d_out);
        const auto out = device.template output<float>(out_size(s));
        const auto active = device.template output<std::uint8_t>(out_size(s));
        const auto moments = device.template output<float>(moments_size(device.id(), s));
        const auto at = [](const auto& from, std::size_t k) { return from[k]->data(); };
        attention_conv_forward(device.id(), {out.data(),
                                             active.data(),
                                             at(inputs, 0),
                                             at(inputs, 1),
                                             {at(inputs, 2), at(inputs, 4), at(inputs, 6)},
                                             {at(inputs, 3), at(inputs, 5), at(inputs, 7)},
                                             s,
                                             way.rectified,
                                             way.precision,
                                             moments.data()});
        attention_conv_backward(device.id(), {way.wants_d_x ? at(gradients, 0) : nullptr,
                                              at(gradients, 1),
                                              {at(gradients, 2), at(gradients, 4), at(gradients, 6)},
                                              {at(gradients, 3), at(gradients, 5), at(gradients, 7)},
                                              active.data(),
                                              device_d_out.data(),
                                              at(inputs, 0),
                                              at(inputs, 1),
                                              {at(inputs, 2), at(inputs, 4), at(inputs, 6)},
                                              {at(inputs, 3), at(inputs, 5), at(inputs, 7)},
                                              s,
                                              way.rectified,
                                              way.precision});
        const auto bits = active.values();
        test::Results results = {out.values(), std::vector<float>(bits.begin(), bits.end()),
                                 moments.values()};
        for (const auto& gradient : gradients) results.push_back(gradient->values());
        return results;
    });
}

/// PartialMoments as they are defined, of parts of 64 rows as all GPUs have them.
void check_moments(const std::vector<float>& moments, const std::vector<float>& out, std::int64_t channels) {
    const auto columns = static_cast<std::size_t>(channels), rows = out.size() / columns;
    std::vector<double> means, deviations;
    std::vector<float> actual_means, actual_deviations;
    for (std::size_t first = 0, place = 0; first < rows; first += 64, place += 2 * columns) {
        for (std::size_t c = 0; c < columns; ++c) {
            const std::size_t count = std::min<std::size_t>(64, rows - first);
            double mean = 0, squares = 0;
            for (std::size_t i = first; i < first + count; ++i) mean += out[i * columns + c];
            mean /= static_cast<double>(count);
            for (std::size_t i = first; i < first + count; ++i)
                squares += (out[i * columns + c] - mean) * (out[i * columns + c] - mean);
            means.push_back(mean);
            deviations.push_back(squares);
            actual_means.push_back(moments[place + c]);
            actual_deviations.push_back(moments[place + columns + c]);
        }
    }
    test::check_close("means", actual_means, means, {1e-6, 2e-7});
    test::check_close("squared deviations", actual_deviations, deviations, {1e-6, 1e-6});
}

/// The kernels of GPUs against what the reference computes of the same inputs on a grid.
/// Inputs that tensor cores round lie a little off it.
void check_on_gpus(const Conv2dShape& s, const Way& way) {
    const auto& [precision, rectified, wants_d_x] = way;
    const std::string precision_name = name(precision);
    CAPTURE(precision_name);
    CAPTURE(rectified);
    CAPTURE(wants_d_x);
    const auto expected = run<double>(
        &reference::attention_conv_forward<double>,
        [&](AttentionConvBackward<double> args) {
            if (!way.wants_d_x) args.d_x = nullptr;
            reference::attention_conv_backward(args);
        },
        s, rectified);
    auto in = grid_inputs<float>(s);
    if (rectified)
        for (float& a : in[1]) a = std::max(a, 0.0F);
    if (precision != Precision::fp32)
        for (const std::size_t k : {0U, 2U, 4U, 6U}) test::move_off_grid(in[k]);
    const auto d_out = test::grid_values<float>(out_size(s), 3);
    for (const auto& results : run_on_gpus(in, d_out, s, way)) {
        test::check_close("out", results[0], expected.out, {1e-5, 1e-5});
        test::check_close("active", results[1], expected.active, {0, 0});
        check_moments(results[2], results[0], s.out_channels);
        for (std::size_t k = 0; k < expected.gradients.size(); ++k)
            test::check_close("gradient " + std::to_string(k), results[k + 3], expected.gradients[k],
                              gradient_tolerance(s, k));
    }
}

/// The fast kernels on every shape of a table against the reference.
void check_fast_against_reference(const std::vector<Conv2dShape>& shapes, bool rectified,
                                  bool wants_d_x = true) {
    const auto backward = [&](auto kernel) {
        return [=](auto args) {
            if (!wants_d_x) args.d_x = nullptr;
            kernel(args);
        };
    };
    for (const Conv2dShape& s : shapes) {
        CAPTURE(s.images);
        CAPTURE(s.height);
        CAPTURE(s.in_channels);
        CAPTURE(s.out_channels);
        CAPTURE(s.kernel);
        CAPTURE(s.stride);
        const auto expected =
            run<double>(&reference::attention_conv_forward<double>,
                        backward(&reference::attention_conv_backward<double>), s, rectified);
        const auto fast = test::same_for_any_threads([&] {
            auto r = run<float>(&cpu::attention_conv_forward, backward(&cpu::attention_conv_backward), s,
                                rectified, expected.active);
            settle_ties(r.active, expected.active, s);
            test::check_same_bits("active", r.active, expected.active);
            r.gradients.insert(r.gradients.begin(), r.out);
            return r.gradients;
        });
        test::check_close("out", fast[0], expected.out, tolerance_for(s, expected.out, 1e-5));
        for (std::size_t k = 0; k < expected.gradients.size(); ++k) {
            test::check_close("gradient " + std::to_string(k), fast[k + 1], expected.gradients[k],
                              tolerance_for(s, expected.gradients[k], gradient_tolerance(s, k).absolute));
        }
    }
}

/// The fast kernels against the reference with weights of the branches that come from a relu, on any number
/// of threads.
void check_with_weights(const Conv2dShape& s, const std::vector<float>& a) {
    const std::vector<double> precise(a.begin(), a.end());
    const auto with = [](const auto& weights, auto kernel) {
        return [&weights, kernel](auto args) {
            args.a = weights.data();
            kernel(args);
        };
    };
    const auto expected = run<double>(with(precise, &reference::attention_conv_forward<double>),
                                      with(precise, &reference::attention_conv_backward<double>), s, true);
    const auto fast = test::same_for_any_threads([&] {
        auto r = run<float>(with(a, &cpu::attention_conv_forward), with(a, &cpu::attention_conv_backward), s,
                            true, expected.active);
        r.gradients.push_back(r.out);
        return r.gradients;
    });
    test::check_close("out", fast.back(), expected.out, tolerance_for(s, expected.out, 1e-5));
    for (std::size_t k = 0; k < expected.gradients.size(); ++k)
        test::check_close("gradient " + std::to_string(k), fast[k], expected.gradients[k],
                          tolerance_for(s, expected.gradients[k], 1e-5));
}

}  // namespace

TEST_CASE("attention_conv: fast equals reference") {
    check_fast_against_reference(table, false);
    check_fast_against_reference(shared_table, false);
}

TEST_CASE("attention_conv: branches that a relu has switched off are left out") {
    check_fast_against_reference(table, true);
    check_fast_against_reference(shared_table, true);
}

TEST_CASE("attention_conv: fast equals reference where no d_x is wanted") {
    check_fast_against_reference(table, false, false);
    check_fast_against_reference(table, true, false);
    check_fast_against_reference(shared_table, true, false);
}

TEST_CASE("attention_conv: a weight close to 0 keeps the digits of its gradient") {
    const Conv2dShape s{8, 32, 32, 16, 8};
    for (const float smallest : {1e-3F, 1e-9F, 1e-20F, 1e-40F}) {
        CAPTURE(smallest);
        auto a = test::grid_values<float>(s.images * branches, 2);
        for (float& value : a) value = std::abs(value);
        for (std::size_t i = 0; i < a.size(); i += 2) a[i] = i % 4 == 0 ? smallest : -smallest;
        check_with_weights(s, a);
    }
}

TEST_CASE("attention_conv: branches may take part in no image at all") {
    // In one pass; apart, in several parts and in one.
    for (const Conv2dShape& s : {Conv2dShape{24, 17, 16, 9, 16}, Conv2dShape{68, 4, 4, 16, 70},
                                 Conv2dShape{5, 8, 8, 33, 20}, Conv2dShape{7, 2, 2, 40, 40}}) {
        CAPTURE(s.in_channels);
        for (std::size_t taking_part = 0; taking_part < 8; ++taking_part) {
            CAPTURE(taking_part);
            auto a = test::grid_values<float>(s.images * branches, 2);
            for (std::size_t i = 0; i < a.size(); ++i)
                a[i] = taking_part >> i % branches & 1 ? std::abs(a[i]) + 0.25F : 0.0F;
            check_with_weights(s, a);
        }
    }
}

TEST_CASE("attention_conv: GPUs equal reference") {
    for (std::size_t shape = 0; shape < table.size(); ++shape) {
        const Conv2dShape& s = table[shape];
        CAPTURE(s.images);
        CAPTURE(s.height);
        CAPTURE(s.in_channels);
        CAPTURE(s.out_channels);
        CAPTURE(s.kernel);
        CAPTURE(s.stride);
        for (const Way& way : ways_to_run(shape)) check_on_gpus(s, way);
    }
}

TEST_CASE("attention_conv: what is left out changes no other result") {
    const Conv2dShape s{6, 7, 6, 3, 5};
    const auto all = [&](AttentionConvForward<double> args) {
        args.rectified = false;
        reference::attention_conv_forward(args);
    };
    const auto whole = run<double>(
        all,
        [](AttentionConvBackward<double> args) {
            args.rectified = false;
            reference::attention_conv_backward(args);
        },
        s, true);
    const auto part = run<double>(&reference::attention_conv_forward<double>,
                                  &reference::attention_conv_backward<double>, s, true);
    test::check_same_bits("out", part.out, whole.out);
    const auto a = grid_inputs<double>(s)[1];
    for (std::size_t k = 0; k < part.gradients.size(); ++k) {
        auto expected = whole.gradients[k];
        if (k == 1)
            for (std::size_t i = 0; i < a.size(); ++i)
                if (a[i] <= 0) expected[i] = test::prefilled<double>(static_cast<std::int64_t>(a.size()))[i];
        test::check_close("gradient " + std::to_string(k), part.gradients[k], expected, {1e-12, 1e-12});
    }
}

TEST_CASE("attention_conv: a null d_x is left out, the other gradients are as before") {
    const Conv2dShape s{2, 7, 6, 3, 5};
    const auto whole = run<float>(&cpu::attention_conv_forward, &cpu::attention_conv_backward, s);
    for (const auto backward : {&cpu::attention_conv_backward, &reference::attention_conv_backward<float>}) {
        const auto part = run<float>(
            &cpu::attention_conv_forward,
            [&](AttentionConvBackward<float> args) {
                args.d_x = nullptr;
                backward(args);
            },
            s);
        test::check_same_bits("d_x", part.gradients[0], test::prefilled<float>(x_size(s)));
        for (std::size_t k = 1; k < part.gradients.size(); ++k) {
            test::check_close("gradient " + std::to_string(k), part.gradients[k], whole.gradients[k],
                              {1e-4, 1e-5});
        }
    }
}

TEST_CASE("attention_conv equals its composition from conv2d, relu, mul and add") {
    const Conv2dShape s{2, 5, 4, 3, 4};
    const std::int64_t size = out_size(s), image = size / s.images;
    const Broadcast whole = test::broadcast({1, 1, 1, size}, {1, 1, 1, size});
    const Broadcast by_image = test::broadcast({s.images, 1, 1, image}, {s.images, 1, 1, 1});
    const auto in = grid_inputs<double>(s);
    const auto d_out = test::grid_values<double>(size, 3);

    auto out = std::vector<double>(static_cast<std::size_t>(size), 0.0);
    test::Arrays gradients;
    for (const auto& input : in)
        gradients.push_back(test::prefilled<double>(static_cast<std::int64_t>(input.size())));
    for (std::size_t k = 0; k < branches; ++k) {
        std::vector<double> a(2), d_a(2, 0.0);  // branch k of each image
        for (std::size_t n = 0; n < 2; ++n) a[n] = in[1][n * branches + k];

        auto z = test::poisoned<double>(size), rectified = test::poisoned<double>(size), term = z, sum = z;
        reference::conv2d_forward(
            Conv2dForward<double>{z.data(), in[0].data(), in[2 + 2 * k].data(), in[3 + 2 * k].data(), s});
        reference::relu_forward(ReluForward<double>{rectified.data(), z.data(), size});
        reference::mul_forward(MulForward<double>{term.data(), rectified.data(), a.data(), by_image});
        reference::add_forward(AddForward<double>{sum.data(), out.data(), term.data(), 1.0, whole});
        out = sum;

        std::vector<double> d_rectified(z.size(), 0.0), d_z(z.size(), 0.0);
        reference::mul_backward(MulBackward<double>{d_rectified.data(), d_a.data(), d_out.data(),
                                                    rectified.data(), a.data(), by_image});
        reference::relu_backward(
            ReluBackward<double>{d_z.data(), d_rectified.data(), rectified.data(), size});
        reference::conv2d_backward(Conv2dBackward<double>{gradients[0].data(), gradients[2 + 2 * k].data(),
                                                          gradients[3 + 2 * k].data(), d_z.data(),
                                                          in[0].data(), in[2 + 2 * k].data(), s});
        for (std::size_t n = 0; n < 2; ++n) gradients[1][n * branches + k] += d_a[n];
    }

    const auto fused = run<double>(&reference::attention_conv_forward<double>,
                                   &reference::attention_conv_backward<double>, s);
    test::check_close("out", fused.out, out, {1e-12, 1e-12});
    for (std::size_t k = 0; k < gradients.size(); ++k) {
        test::check_close("gradient " + std::to_string(k), fused.gradients[k], gradients[k], {1e-12, 1e-12});
    }
}

TEST_CASE("attention_conv: gradcheck") {
    for (const Conv2dShape& s : {Conv2dShape{2, 4, 3, 2, 3}, Conv2dShape{2, 5, 4, 2, 2, 3, 2, 0}}) {
        test::Arrays inputs = {test::random_values<double>(x_size(s), 1),
                               test::random_values<double>(s.images * branches, 2)};
        for (std::uint64_t k = 0; k < branches; ++k) {
            inputs.push_back(test::random_values<double>(weight_size(s), 10 + k));
            inputs.push_back(test::random_values<double>(s.out_channels, 20 + k));
        }
        const auto forward = [&](const test::Arrays& in) {
            Result<double> r{test::poisoned<double>(out_size(s)),
                             std::vector<std::uint8_t>(static_cast<std::size_t>(out_size(s)), 255),
                             {}};
            reference::attention_conv_forward(forward_args<double>(r.out, r.active, in, s));
            return r;
        };
        test::gradcheck(
            inputs, [&](const test::Arrays& in) { return forward(in).out; },
            [&](const test::Arrays& in, const std::vector<double>& d_out, test::Arrays& g) {
                const auto active = forward(in).active;
                reference::attention_conv_backward(backward_args<double>(g, active, d_out, in, s));
            });
    }
}
