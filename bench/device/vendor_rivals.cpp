#include "bench/device/rivals.h"
#include "bench/support/arrays.h"
#include "kernels/common/memory.h"
#include "kernels/common/work.h"
#include "kernels/vendor/vendor.h"

using namespace kernels;

namespace bench {
namespace {

/// Device memory of small random values; freed with its owner.
class DeviceFloats {
  public:
    DeviceFloats(std::int64_t size, std::uint64_t stream)
        : data_(static_cast<float*>(allocate(Device::cuda, static_cast<std::size_t>(size) * sizeof(float)))) {
        const auto values = random_array<float>(size, stream);
        copy_from_host(Device::cuda, data_, values.data(), values.size() * sizeof(float));
    }
    ~DeviceFloats() { release(Device::cuda, data_); }
    DeviceFloats(const DeviceFloats&) = delete;
    DeviceFloats& operator=(const DeviceFloats&) = delete;
    float* data() const { return data_; }

  private:
    float* data_;
};

class Rivals {
  public:
    explicit Rivals(const DeviceOptions& options)
        : options_(options),
          precision_(options.precision == Precision::bf16 ? Precision::tf32 : options.precision) {}

    void add_block(std::int64_t side, std::int64_t in, std::int64_t out, bool is_first);
    void add_linear(std::int64_t in, std::int64_t out);
    void add_average(std::int64_t side, std::int64_t channels, bool wants_d_x);
    std::map<std::string, Rival> results;

  private:
    void add_convolutions(const Conv2dShape& each, bool is_first);
    void add_normalisation(const BatchNormMaxPoolShape& s);
    void add(const Work& ours, const std::string& who, const std::function<void()>& run);

    DeviceOptions options_;
    Precision precision_;
};

void Rivals::add(const Work& ours, const std::string& who, const std::function<void()>& run) {
    const std::string key = std::string(ours.kernel) + " " + ours.shape;
    if (results.contains(key)) return;
    Rival rival{who, {}, {ours, {}}};
    try {
        run();
        rival.timing.seconds = time_on_device(options_, run);
    } catch (const DeviceError& error) {
        rival.refusal = error.what();
    }
    results[key] = rival;
}

void Rivals::add_convolutions(const Conv2dShape& each, bool is_first) {
    Conv2dShape s = each;
    s.out_channels *= branches;
    const std::int64_t x_size = s.images * s.height * s.width * s.in_channels,
                       weight_size = s.out_channels * s.taps();
    const DeviceFloats x(x_size, 1), weight(weight_size, 2), out(s.rows() * s.out_channels, 3);
    AttentionConvForward<float> forward{};
    forward.shape = each;
    add(work(forward), "cuDNN, three convolutions as one", [&] {
        vendor::conv2d_forward({out.data(), x.data(), weight.data(), nullptr, s, precision_});
    });
    const DeviceFloats d_x(x_size, 4), d_weight(weight_size, 5);
    AttentionConvBackward<float> backward{};
    backward.shape = each;
    backward.d_x = is_first ? nullptr : d_x.data();
    add(work(backward), "cuDNN, three convolutions as one", [&] {
        vendor::conv2d_backward(
            {backward.d_x, d_weight.data(), nullptr, out.data(), x.data(), weight.data(), s, precision_});
    });
}

void Rivals::add_normalisation(const BatchNormMaxPoolShape& s) {
    const std::int64_t size = s.rows() * s.channels, c = s.channels;
    const DeviceFloats x(size, 1), y(size, 2), out(s.out_rows() * c, 3), d_x(size, 4);
    const DeviceFloats mean(c, 5), inv_std(c, 6), running_mean(c, 7), running_var(c, 8), weight(c, 9),
        bias(c, 10), d_weight(c, 11), d_bias(c, 12);
    const MaxPoolShape windows{s.images, s.height, s.width, c, 2, 2};
    const auto normalise = [&] {
        vendor::batch_norm_train_forward({y.data(), mean.data(), inv_std.data(), running_mean.data(),
                                          running_var.data(), x.data(), weight.data(), bias.data(), 1e-5F,
                                          0.1F, s.rows(), c});
    };
    BatchNormMaxPoolTrainForward<float> forward{};
    forward.shape = s;
    add(work(forward), "cuDNN, two calls", [&] {
        normalise();
        vendor::max_pool_forward({out.data(), nullptr, y.data(), windows});
    });
    BatchNormMaxPoolBackward<float> backward{};
    backward.shape = s;
    backward.d_x = d_x.data();
    backward.batch_statistics = true;
    add(work(backward), "cuDNN, without the pooling", [&] {
        vendor::batch_norm_backward({d_x.data(), d_weight.data(), d_bias.data(), mean.data(), inv_std.data(),
                                     y.data(), x.data(), weight.data(), true, s.rows(), c});
    });
}

void Rivals::add_linear(std::int64_t in, std::int64_t out) {
    const std::int64_t rows = options_.batch_size;
    const DeviceFloats y(rows * out, 1), x(rows * in, 2), weight(in * out, 3), bias(out, 4),
        d_x(rows * in, 5), d_weight(in * out, 6), d_bias(out, 7);
    const LinearForward<float> forward{y.data(), x.data(), weight.data(), bias.data(),
                                       rows,     in,       out,           precision_};
    add(work(forward), "cuBLAS", [&] { vendor::linear_forward(forward); });
    const LinearBackward<float> backward{d_x.data(), d_weight.data(), d_bias.data(), y.data(),
                                         x.data(),   weight.data(),   rows,          in,
                                         out,        precision_};
    add(work(backward), "cuBLAS", [&] { vendor::linear_backward(backward); });
}

void Rivals::add_average(std::int64_t side, std::int64_t channels, bool wants_d_x) {
    const AdaptiveAvgPoolShape s{options_.batch_size, side, side, channels, 1, 1};
    const DeviceFloats x(s.images * side * side * channels, 1), out(s.images * channels, 2);
    const AdaptiveAvgPoolForward<float> forward{out.data(), x.data(), s};
    add(work(forward), "cuDNN", [&] { vendor::adaptive_avg_pool_forward(forward); });
    const AdaptiveAvgPoolBackward<float> backward{x.data(), out.data(), s};
    if (wants_d_x) add(work(backward), "cuDNN", [&] { vendor::adaptive_avg_pool_backward(backward); });
}

void Rivals::add_block(std::int64_t side, std::int64_t in, std::int64_t out, bool is_first) {
    add_average(side, in, !is_first);
    add_linear(in, branches);
    add_convolutions({options_.batch_size, side, side, in, out}, is_first);
    add_normalisation({options_.batch_size, side, side, out});
}

}  // namespace

std::map<std::string, Rival> time_rivals(const DeviceOptions& options) {
    if (options.device != Device::cuda) return {};
    Rivals rivals(options);
    std::int64_t side = 32, channels = options.network.in_channels;
    for (const std::int64_t width : options.network.widths) {
        rivals.add_block(side, channels, width, side == 32);
        side /= 2;
        channels = width;
    }
    rivals.add_average(side, channels, true);
    rivals.add_linear(channels, options.network.hidden);
    rivals.add_linear(options.network.hidden, options.network.classes);
    return rivals.results;
}

}  // namespace bench
