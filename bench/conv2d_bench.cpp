#include "bench/conv2d_passes.h"
#include "kernels/conv2d/conv2d.h"

using namespace kernels;

namespace bench {
namespace {

struct Kernels {
    void (*forward)(const Conv2dForward<float>&);
    void (*backward)(const Conv2dBackward<float>&);
};

/// A kernel of this repository, which works on the arrays of the problem as they are.
class OurConvolution : public Convolution {
  public:
    OurConvolution(const Kernels& kernels, ConvolutionProblem<float>& problem)
        : kernels_(kernels), problem_(problem) {}

    void forward() override {
        kernels_.forward({problem_.out.data(), problem_.x.data(), problem_.weight.data(),
                          problem_.bias.data(), problem_.shape});
    }
    void backward_data() override { backward(problem_.d_x.data(), nullptr, nullptr); }
    void backward_weights() override { backward(nullptr, problem_.d_weight.data(), problem_.d_bias.data()); }

  private:
    void backward(float* d_x, float* d_weight, float* d_bias) {
        kernels_.backward({d_x, d_weight, d_bias, problem_.d_out.data(), problem_.x.data(),
                           problem_.weight.data(), problem_.shape});
    }

    Kernels kernels_;
    ConvolutionProblem<float>& problem_;
};

MakeConvolution made_by(const Kernels& kernels) {
    return [=](ConvolutionProblem<float>& problem) {
        return std::make_unique<OurConvolution>(kernels, problem);
    };
}

void add_benchmarks(int threads) {
    add_conv2d("ours", batch, threads, made_by({cpu::conv2d_forward, cpu::conv2d_backward}));
    const Kernels plain{reference::conv2d_forward<float>, reference::conv2d_backward<float>};
    add_conv2d("reference", reference_batch, threads, made_by(plain));
}

const Suite suite(add_benchmarks);

}  // namespace

void add_conv2d(const std::string& who, std::int64_t images, int threads, const MakeConvolution& make) {
    for (const Conv2dShape& shape : network_convolutions(images)) {
        const auto name = [&](const char* pass) {
            return Name{std::string("conv2d/") + pass, text(shape), who, threads};
        };
        add_convolution(name("forward"), forward_work(shape), shape, make, &Convolution::forward);
        if (!takes_images(shape))
            add_convolution(name("backward_data"), backward_data_work(shape), shape, make,
                            &Convolution::backward_data);
        add_convolution(name("backward_weights"), backward_weights_work(shape), shape, make,
                        &Convolution::backward_weights);
    }
}

}  // namespace bench
