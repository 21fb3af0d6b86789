#include "bench/convolution.h"

using namespace kernels;

namespace bench {
namespace {

ConvolutionProblem<float> random_problem(const Conv2dShape& s) {
    return {s, random_array<float>(x_size(s), 1), random_array<float>(weight_size(s), 2),
            random_array<float>(s.out_channels, 3), random_array<float>(out_size(s), 4)};
}

/// Two images of the batch in double. If d_out is zero for all others, these two alone make the gradients of
/// the parameters, and the plain loops need not go through all of them.
ConvolutionProblem<double> first_and_last_image(const ConvolutionProblem<float>& whole) {
    Conv2dShape s = whole.shape;
    s.images = 2;
    return {s, first_and_last<double>(whole.x, whole.shape.images), widened(whole.weight),
            widened(whole.bias), first_and_last<double>(whole.d_out, whole.shape.images)};
}

void compute(Convolution& convolution, const Conv2dShape& shape) {
    convolution.forward();
    if (!takes_images(shape)) convolution.backward_data();
    convolution.backward_weights();
    convolution.store_results();
}

void compute_reference(ConvolutionProblem<double>& p) {
    reference::conv2d_forward<double>({p.out.data(), p.x.data(), p.weight.data(), p.bias.data(), p.shape});
    reference::conv2d_backward<double>({takes_images(p.shape) ? nullptr : p.d_x.data(), p.d_weight.data(),
                                        p.d_bias.data(), p.d_out.data(), p.x.data(), p.weight.data(),
                                        p.shape});
}

void check(const std::string& name, const Conv2dShape& shape, const MakeConvolution& make) {
    ConvolutionProblem<float> actual = random_problem(shape);
    keep_first_and_last(actual.d_out, shape.images);
    compute(*make(actual), shape);
    ConvolutionProblem<double> expected = first_and_last_image(actual);
    compute_reference(expected);
    require_close(name + ", out", first_and_last<double>(actual.out, shape.images), expected.out);
    require_close(name + ", d_x", first_and_last<double>(actual.d_x, shape.images), expected.d_x);
    require_close(name + ", d_weight", actual.d_weight, expected.d_weight);
    require_close(name + ", d_bias", actual.d_bias, expected.d_bias);
}

}  // namespace

Work forward_work(const Conv2dShape& s) {
    return {float_bytes(x_size(s) + weight_size(s) + s.out_channels + out_size(s)), convolution_flops(s)};
}

Work backward_data_work(const Conv2dShape& s) {
    return {float_bytes(2 * x_size(s) + weight_size(s) + out_size(s)), convolution_flops(s)};
}

Work backward_weights_work(const Conv2dShape& s) {
    return {float_bytes(x_size(s) + 2 * weight_size(s) + 2 * s.out_channels + out_size(s)),
            convolution_flops(s)};
}

void add_convolution(const Name& name, const Work& work, const Conv2dShape& shape,
                     const MakeConvolution& make, const std::function<void(Convolution&)>& pass) {
    add(
        name, work, [=](const std::string& full_name) { check(full_name, shape, make); },
        [=]() -> Body {
            const auto problem = std::make_shared<ConvolutionProblem<float>>(random_problem(shape));
            const std::shared_ptr<Convolution> convolution = make(*problem);
            return [=, keep = problem] { pass(*convolution); };
        });
}

}  // namespace bench
