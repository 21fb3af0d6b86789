#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bench/support/arrays.h"
#include "bench/support/network_shapes.h"
#include "bench/support/suite.h"
#include "kernels/conv2d/conv2d.h"

/// Convolutions by whomever: what they are given, how they are checked and counted.
namespace bench {

template <typename T>
struct ConvolutionProblem {
    kernels::Conv2dShape shape;
    Array<T> x, weight, bias, d_out;
    Array<T> out = unwritten<T>(out_size(shape));
    Array<T> d_x = target<T>(x_size(shape)), d_weight = target<T>(weight_size(shape)),
             d_bias = target<T>(shape.out_channels);
};

/// Somebody's convolution, set up for one problem.
class Convolution {
  public:
    Convolution() = default;
    virtual ~Convolution() = default;
    Convolution(const Convolution&) = delete;
    Convolution& operator=(const Convolution&) = delete;

    virtual void forward() = 0;
    virtual void backward_data() = 0;
    virtual void backward_weights() = 0;  ///< and the bias
    /// Brings what was computed back to the problem, gradients added, if it is not there already.
    virtual void store_results() {}
};

/// Untimed: layouts are changed here.
using MakeConvolution = std::function<std::unique_ptr<Convolution>(ConvolutionProblem<float>&)>;

/// The first convolution of the network: nobody asks for the gradient of images.
inline bool takes_images(const kernels::Conv2dShape& shape) { return shape.in_channels == 3; }

/// Compulsory traffic of each pass, and the work of the direct convolution.
Work forward_work(const kernels::Conv2dShape& shape);
Work backward_data_work(const kernels::Conv2dShape& shape);
Work backward_weights_work(const kernels::Conv2dShape& shape);

/// Registers one pass, or several in a row, of a convolution; all its results are checked.
void add_convolution(const Name& name, const Work& work, const kernels::Conv2dShape& shape,
                     const MakeConvolution& make, const std::function<void(Convolution&)>& pass);

}  // namespace bench
