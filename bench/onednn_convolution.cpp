#include "bench/onednn_convolution.h"

#include <unordered_map>

#include <benchmark/benchmark.h>
#include <dnnl.hpp>

namespace bench {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

std::string version() {
    const dnnl_version_t& v = *dnnl_version();
    return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch);
}

const bool named_in_report = (benchmark::AddCustomContext("oneDNN", version()), true);

const dnnl::engine engine(dnnl::engine::kind::cpu, 0);

/// What oneDNN 2 says in two steps, oneDNN 3 says in one.
template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc describe(const Arguments&... arguments) {
    if constexpr (requires { typename Primitive::desc; })
        return {typename Primitive::desc(arguments...), engine};
    else
        return {engine, arguments...};
}

template <typename Primitive, typename... Arguments>
typename Primitive::primitive_desc describe_backward(const dnnl::convolution_forward::primitive_desc& forward,
                                                     const Arguments&... arguments) {
    if constexpr (requires { typename Primitive::desc; })
        return {typename Primitive::desc(arguments...), engine, forward};
    else
        return {engine, arguments..., forward};
}

/// A primitive and what it works on.
struct Pass {
    dnnl::primitive primitive;
    std::unordered_map<int, memory> arguments;

    void run() const {
        dnnl::stream stream(engine);
        primitive.execute(stream, arguments);
        stream.wait();
    }
};

void reorder(memory from, memory to) {
    dnnl::stream stream(engine);
    dnnl::reorder(from, to).execute(stream, from, to);
    stream.wait();
}

class OnednnConvolution : public Convolution {
  public:
    OnednnConvolution(OnednnLayout layout, ConvolutionProblem<float>& problem)
        : problem_(problem), shape_(problem.shape), activations_(layout) {
        const auto describe_forward = describe<dnnl::convolution_forward>(
            dnnl::prop_kind::forward_training, algorithm, wanted_x(), wanted_weight(), wanted_bias(),
            wanted_out(), strides(), padding(), padding());
        prepare_forward(describe_forward);
        if (!takes_images(shape_)) prepare_backward_data(describe_forward);
        prepare_backward_weights(describe_forward);
    }

    void forward() override { forward_.run(); }
    void backward_data() override { backward_data_.run(); }
    void backward_weights() override { backward_weights_.run(); }

    void store_results() override {
        reorder(forward_.arguments.at(DNNL_ARG_DST), ours(problem_.out, out_dims(), Tag::nhwc));
        if (!takes_images(shape_))
            add(problem_.d_x, backward_data_.arguments.at(DNNL_ARG_DIFF_SRC), x_dims(), Tag::nhwc);
        add(problem_.d_weight, backward_weights_.arguments.at(DNNL_ARG_DIFF_WEIGHTS), weight_dims(),
            Tag::ohwi);
        add(problem_.d_bias, backward_weights_.arguments.at(DNNL_ARG_DIFF_BIAS), bias_dims(), Tag::x);
    }

  private:
    using ForwardDescription = dnnl::convolution_forward::primitive_desc;
    /// The fastest it has, Winograd's included.
    static constexpr dnnl::algorithm algorithm = dnnl::algorithm::convolution_auto;

    memory::dims x_dims() const { return {shape_.images, shape_.in_channels, shape_.height, shape_.width}; }
    memory::dims weight_dims() const {
        return {shape_.out_channels, shape_.in_channels, shape_.kernel, shape_.kernel};
    }
    memory::dims bias_dims() const { return {shape_.out_channels}; }
    memory::dims out_dims() const {
        return {shape_.images, shape_.out_channels, shape_.out_height(), shape_.out_width()};
    }
    memory::dims strides() const { return {shape_.stride, shape_.stride}; }
    memory::dims padding() const { return {shape_.padding, shape_.padding}; }

    static memory::desc description(const memory::dims& dims, Tag tag) {
        return {dims, memory::data_type::f32, tag};
    }
    Tag activation_tag() const { return activations_ == OnednnLayout::blocked ? Tag::any : Tag::nhwc; }
    memory::desc wanted_x() const { return description(x_dims(), activation_tag()); }
    memory::desc wanted_weight() const { return description(weight_dims(), Tag::any); }
    memory::desc wanted_bias() const { return description(bias_dims(), Tag::x); }
    memory::desc wanted_out() const { return description(out_dims(), activation_tag()); }

    /// One of our arrays as it is.
    static memory ours(Array<float>& values, const memory::dims& dims, Tag tag) {
        return {description(dims, tag), engine, values.data()};
    }
    /// A copy of one of our arrays in the layout oneDNN chose.
    static memory as_wanted(Array<float>& values, const memory::dims& dims, Tag tag,
                            const memory::desc& wanted) {
        memory copy(wanted, engine);
        reorder(ours(values, dims, tag), copy);
        return copy;
    }
    static void add(Array<float>& values, const memory& gradient, const memory::dims& dims, Tag tag) {
        Array<float> plain(values.size());
        reorder(gradient, ours(plain, dims, tag));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] += plain[i];
    }

    void prepare_forward(const ForwardDescription& chosen) {
        forward_ = {
            dnnl::convolution_forward(chosen),
            {{DNNL_ARG_SRC, as_wanted(problem_.x, x_dims(), Tag::nhwc, chosen.src_desc())},
             {DNNL_ARG_WEIGHTS, as_wanted(problem_.weight, weight_dims(), Tag::ohwi, chosen.weights_desc())},
             {DNNL_ARG_BIAS, ours(problem_.bias, bias_dims(), Tag::x)},
             {DNNL_ARG_DST, memory(chosen.dst_desc(), engine)}}};
    }

    void prepare_backward_data(const ForwardDescription& forward) {
        const auto chosen = describe_backward<dnnl::convolution_backward_data>(
            forward, algorithm, wanted_x(), wanted_weight(), wanted_out(), strides(), padding(), padding());
        backward_data_ = {
            dnnl::convolution_backward_data(chosen),
            {{DNNL_ARG_DIFF_SRC, memory(chosen.diff_src_desc(), engine)},
             {DNNL_ARG_WEIGHTS, as_wanted(problem_.weight, weight_dims(), Tag::ohwi, chosen.weights_desc())},
             {DNNL_ARG_DIFF_DST, as_wanted(problem_.d_out, out_dims(), Tag::nhwc, chosen.diff_dst_desc())}}};
    }

    void prepare_backward_weights(const ForwardDescription& forward) {
        const auto chosen = describe_backward<dnnl::convolution_backward_weights>(
            forward, algorithm, wanted_x(), wanted_weight(), wanted_bias(), wanted_out(), strides(),
            padding(), padding());
        backward_weights_ = {
            dnnl::convolution_backward_weights(chosen),
            {{DNNL_ARG_SRC, as_wanted(problem_.x, x_dims(), Tag::nhwc, chosen.src_desc())},
             {DNNL_ARG_DIFF_WEIGHTS, memory(chosen.diff_weights_desc(), engine)},
             {DNNL_ARG_DIFF_BIAS, memory(chosen.diff_bias_desc(), engine)},
             {DNNL_ARG_DIFF_DST, as_wanted(problem_.d_out, out_dims(), Tag::nhwc, chosen.diff_dst_desc())}}};
    }

    ConvolutionProblem<float>& problem_;
    const kernels::Conv2dShape shape_;
    const OnednnLayout activations_;
    Pass forward_, backward_data_, backward_weights_;
};

}  // namespace

MakeConvolution made_by_onednn(OnednnLayout layout) {
    return [=](ConvolutionProblem<float>& problem) {
        return std::make_unique<OnednnConvolution>(layout, problem);
    };
}

}  // namespace bench
