#include <algorithm>
#include <memory>

#include "bench/convolution.h"
#include "kernels/attention_conv/attention_conv.h"

using namespace kernels;

namespace bench {
namespace {

/// Which (image, branch) pairs have an a above 0. Attention comes out of a relu, which leaves out half of
/// them, typically.
enum class Live { all, half };

template <typename T>
using PerBranch = std::array<Array<T>, branches>;

template <typename T>
struct Problem {
    Conv2dShape shape;
    Array<T> x, a, d_out;
    PerBranch<T> weight, bias;
    Array<std::uint8_t> active = Array<std::uint8_t>(static_cast<std::size_t>(out_size(shape)));
    Array<T> out = unwritten<T>(out_size(shape));
    Array<T> d_x = target<T>(x_size(shape)), d_a = target<T>(shape.images * branches);
    PerBranch<T> d_weight = targets(weight_size(shape)), d_bias = targets(shape.out_channels);

    AttentionConvForward<T> forward() {
        return {out.data(),           active.data(), x.data(), a.data(), data<const T*>(weight),
                data<const T*>(bias), shape,         true};
    }
    AttentionConvBackward<T> backward() {
        return {takes_images(shape) ? nullptr : d_x.data(),
                d_a.data(),
                data<T*>(d_weight),
                data<T*>(d_bias),
                active.data(),
                d_out.data(),
                x.data(),
                a.data(),
                data<const T*>(weight),
                data<const T*>(bias),
                shape,
                true};
    }

  private:
    static PerBranch<T> targets(std::int64_t size) {
        return {target<T>(size), target<T>(size), target<T>(size)};
    }
    template <typename Pointer>
    static std::array<Pointer, branches> data(PerBranch<T>& arrays) {
        return {arrays[0].data(), arrays[1].data(), arrays[2].data()};
    }
};

Array<float> attention(std::int64_t images, Live live) {
    auto a = random_array<float>(images * branches, 5, live == Live::all ? 0.1F : -1, 1);
    for (float& value : a) value = std::max(value, 0.0F);
    return a;
}

Problem<float> random_problem(const Conv2dShape& s, Live live) {
    const auto arrays = [](std::int64_t size, std::uint64_t stream) {
        return PerBranch<float>{random_array<float>(size, stream), random_array<float>(size, stream + 1),
                                random_array<float>(size, stream + 2)};
    };
    return {s,
            random_array<float>(x_size(s), 1),
            attention(s.images, live),
            random_array<float>(out_size(s), 2),
            arrays(weight_size(s), 10),
            arrays(s.out_channels, 20)};
}

/// As in bench/convolution.cpp: two images that make all gradients if d_out is zero elsewhere.
Problem<double> first_and_last_image(const Problem<float>& whole) {
    const std::int64_t images = whole.shape.images;
    Conv2dShape s = whole.shape;
    s.images = 2;
    const auto wide = [](const PerBranch<float>& arrays) {
        return PerBranch<double>{widened(arrays[0]), widened(arrays[1]), widened(arrays[2])};
    };
    return {s,
            first_and_last<double>(whole.x, images),
            first_and_last<double>(whole.a, images),
            first_and_last<double>(whole.d_out, images),
            wide(whole.weight),
            wide(whole.bias)};
}

struct Kernels {
    const char* who;
    void (*forward)(const AttentionConvForward<float>&);
    void (*backward)(const AttentionConvBackward<float>&);
};
constexpr Kernels ours{"ours", cpu::attention_conv_forward, cpu::attention_conv_backward};
constexpr Kernels plain{"reference", reference::attention_conv_forward<float>,
                        reference::attention_conv_backward<float>};

void check(const std::string& name, const Kernels& kernels, const Conv2dShape& shape, Live live) {
    Problem<float> actual = random_problem(shape, live);
    keep_first_and_last(actual.d_out, shape.images);
    kernels.forward(actual.forward());
    kernels.backward(actual.backward());
    Problem<double> expected = first_and_last_image(actual);
    reference::attention_conv_forward(expected.forward());
    // Where z is nearly 0, its sign is a matter of rounding: what is checked is the backward of the forward
    // that was.
    expected.active = first_and_last<std::uint8_t>(actual.active, shape.images);
    reference::attention_conv_backward(expected.backward());

    require_close(name + ", out", first_and_last<double>(actual.out, shape.images), expected.out);
    require_close(name + ", d_x", first_and_last<double>(actual.d_x, shape.images), expected.d_x);
    require_close(name + ", d_a", first_and_last<double>(actual.d_a, shape.images), expected.d_a);
    for (std::size_t k = 0; k < branches; ++k) {
        require_close(name + ", d_weight", actual.d_weight[k], expected.d_weight[k]);
        require_close(name + ", d_bias", actual.d_bias[k], expected.d_bias[k]);
    }
}

/// Three direct convolutions, each of the images that take part in it.
double live_flops(const Conv2dShape& s, Live live) {
    const Array<float> a = attention(s.images, live);
    const auto pairs = std::count_if(a.begin(), a.end(), [](float value) { return value > 0; });
    return convolution_flops(s) * static_cast<double>(pairs) / static_cast<double>(s.images);
}

/// The mask takes one byte where out takes a float.
Work forward_work(const Conv2dShape& s, Live live) {
    const double floats = float_bytes(x_size(s) + s.images * branches + out_size(s) +
                                      branches * (weight_size(s) + s.out_channels));
    return {floats + static_cast<double>(out_size(s)), live_flops(s, live)};
}

/// The gradients of x and of the filters; that of a takes the forward's products again, or less: not counted.
Work backward_work(const Conv2dShape& s, Live live) {
    const std::int64_t x_passes = takes_images(s) ? 1 : 3;
    const double floats = float_bytes(x_passes * x_size(s) + 3 * s.images * branches + out_size(s) +
                                      branches * (3 * weight_size(s) + 3 * s.out_channels));
    return {floats + static_cast<double>(out_size(s)), (takes_images(s) ? 1 : 2) * live_flops(s, live)};
}

void add_block(const Kernels& kernels, const Conv2dShape& shape, Live live, int threads) {
    const std::string who = kernels.who + std::string(live == Live::half ? "_half_live" : "");
    const auto checked = [=](const std::string& name) { check(name, kernels, shape, live); };
    add({"attention_conv/forward", text(shape), who, threads}, forward_work(shape, live), checked,
        [=]() -> Body {
            const auto problem = std::make_shared<Problem<float>>(random_problem(shape, live));
            return [=] { kernels.forward(problem->forward()); };
        });
    add({"attention_conv/backward", text(shape), who, threads}, backward_work(shape, live), checked,
        [=]() -> Body {
            const auto problem = std::make_shared<Problem<float>>(random_problem(shape, live));
            kernels.forward(problem->forward());
            return [=] { kernels.backward(problem->backward()); };
        });
}

void add_benchmarks(int threads) {
    for (const Conv2dShape& shape : network_convolutions()) {
        add_block(ours, shape, Live::all, threads);
        add_block(ours, shape, Live::half, threads);
    }
    for (const Conv2dShape& shape : network_convolutions(reference_batch))
        add_block(plain, shape, Live::all, threads);
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
