#include <memory>

#include "bench/support/forward_backward.h"
#include "bench/support/network_shapes.h"
#include "kernels/batch_norm/batch_norm.h"

using namespace kernels;

namespace bench {
namespace {

struct Shape {
    std::int64_t rows, channels;

    std::int64_t size() const { return rows * channels; }
};

template <typename T>
struct Problem {
    using Forward = BatchNormTrainForward<T>;
    using Backward = BatchNormBackward<T>;

    Shape shape;
    Array<T> x, d_out, weight, bias;
    Array<T> out, mean, inv_std, running_mean, running_var;
    Array<T> d_x, d_weight, d_bias;

    explicit Problem(const Shape& s)
        : shape(s),
          x(random_array<T>(s.size(), 1)),
          d_out(random_array<T>(s.size(), 2)),
          weight(random_array<T>(s.channels, 3)),
          bias(random_array<T>(s.channels, 4)),
          out(unwritten<T>(s.size())),
          mean(unwritten<T>(s.channels)),
          inv_std(unwritten<T>(s.channels)),
          running_mean(target<T>(s.channels)),
          running_var(target<T>(s.channels)),
          d_x(target<T>(s.size())),
          d_weight(target<T>(s.channels)),
          d_bias(target<T>(s.channels)) {}

    Forward forward() {
        return {out.data(),
                mean.data(),
                inv_std.data(),
                running_mean.data(),
                running_var.data(),
                x.data(),
                weight.data(),
                bias.data(),
                epsilon,
                T(0.1),
                shape.rows,
                shape.channels};
    }
    BatchNormEvalForward<T> eval_forward() {
        return {out.data(),  x.data(), running_mean.data(), running_var.data(), weight.data(),
                bias.data(), epsilon,  shape.rows,          shape.channels};
    }
    Backward backward() {
        return {d_x.data(), d_weight.data(), d_bias.data(), mean.data(), inv_std.data(), d_out.data(),
                x.data(),   weight.data(),   true,          shape.rows,  shape.channels};
    }
    Results results() const {
        return {{"out", widened(out)},
                {"running_mean", widened(running_mean)},
                {"running_var", widened(running_var)},
                {"d_x", widened(d_x)},
                {"d_weight", widened(d_weight)},
                {"d_bias", widened(d_bias)}};
    }

  private:
    static constexpr T epsilon = T(1e-5);
};

const Kernels<Problem<double>> definition{"", reference::batch_norm_train_forward<double>,
                                          reference::batch_norm_backward<double>};
const Kernels<Problem<float>> all_kernels[] = {
    {"ours", cpu::batch_norm_train_forward, cpu::batch_norm_backward},
    {"reference", reference::batch_norm_train_forward<float>, reference::batch_norm_backward<float>}};

struct EvalKernel {
    const char* who;
    void (*forward)(const BatchNormEvalForward<float>&);
};
constexpr EvalKernel eval_kernels[] = {{"ours", cpu::batch_norm_eval_forward},
                                       {"reference", reference::batch_norm_eval_forward<float>}};

void check_eval(const std::string& name, const Shape& shape, const EvalKernel& kernel) {
    Problem<float> actual(shape);
    kernel.forward(actual.eval_forward());
    Problem<double> expected(shape);
    reference::batch_norm_eval_forward(expected.eval_forward());
    require_close(name, actual.out, expected.out);
}

void add_eval(const std::string& shape_text, int threads, const Shape& shape) {
    for (const EvalKernel& kernel : eval_kernels)
        add(
            {"batch_norm/eval_forward", shape_text, kernel.who, threads}, {float_bytes(2 * shape.size())},
            [=](const std::string& name) { check_eval(name, shape, kernel); },
            [=]() -> Body {
                const auto problem = std::make_shared<Problem<float>>(shape);
                return [=] { kernel.forward(problem->eval_forward()); };
            });
}

void add_benchmarks(int threads) {
    for (const Conv2dShape& block : network_convolutions()) {
        const Shape shape{block.rows(), block.out_channels};
        const std::string shape_text = text(batch, block.height, block.out_channels);
        for (const auto& kernels : all_kernels)
            add_forward_backward("batch_norm", shape_text, threads, shape, kernels, definition,
                                 {{float_bytes(2 * shape.size())}, {float_bytes(4 * shape.size())}});
        add_eval(shape_text, threads, shape);
    }
}

const Suite suite(add_benchmarks);

}  // namespace
}  // namespace bench
