#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "bench/device/network.h"
#include "bench/device/rivals.h"
#include "engine/precision.h"
#include "kernels/common/device.h"

// device_bench: every kernel of a training step on a GPU: time, TFLOP/s, GB/s, how near its floor, and cuBLAS
// and cuDNN beside it. The floors are those of docs/cuda_kernels.md.
namespace {

using bench::DeviceOptions;
using bench::Rival;
using bench::Timing;
using kernels::Device;
using kernels::Precision;

/// NVIDIA's published figures for the H100 SXM, dense.
constexpr double memory_peak = 3.35e12;
double arithmetic_peak(const kernels::Work& work, Precision precision) {
    const std::string kernel = work.kernel;
    const bool of_tensor_cores =
        kernel.starts_with("attention_conv") || kernel.starts_with("conv2d") || kernel.starts_with("linear");
    if (!of_tensor_cores || precision == Precision::fp32) return 67e12;
    return precision == Precision::tf32 ? 494.7e12 : 989.4e12;
}

double floor_of(const kernels::Work& work, Precision precision) {
    return std::max(work.flops / arithmetic_peak(work, precision), work.bytes / memory_peak);
}

void parse(int argc, char** argv, DeviceOptions& options, CLI::App& app) {
    std::string device = "cuda", precision = "fp32";
    std::int64_t flush = 256;
    app.add_option("--device", device, "cuda; or emulated, to try the program out")
        ->check(CLI::IsMember({"cuda", "emulated"}))
        ->capture_default_str();
    app.add_option("--precision", precision, "of products: fp32, tf32 or bf16")
        ->check(CLI::IsMember({"fp32", "tf32", "bf16"}))
        ->capture_default_str();
    app.add_option("--batch-size", options.batch_size)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--widths", options.network.widths, "output channels of each block")
        ->delimiter(',')
        ->capture_default_str();
    app.add_option("--hidden", options.network.hidden)->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--repetitions", options.repetitions, "of which the median is printed")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--flush-mib", flush, "memory that is overwritten before each kernel, to empty the caches")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.parse(argc, argv);
    options.device = device == "cuda" ? Device::cuda : Device::emulated;
    for (const Precision known : {Precision::fp32, Precision::tf32, Precision::bf16})
        if (precision == kernels::name(known)) options.precision = known;
    options.flushed_bytes = static_cast<std::size_t>(flush) << 20;
}

void print_row(const Timing& timing, Precision precision, const Rival* rival) {
    const double seconds = timing.median(), floor = floor_of(timing.work, precision);
    std::printf("%-34s %-38s %10.2f %8.2f %8.0f %8.2f %6.1f", timing.work.kernel, timing.work.shape.c_str(),
                1e6 * seconds, 1e-12 * timing.work.flops / seconds, 1e-9 * timing.work.bytes / seconds,
                1e6 * floor, 100 * floor / seconds);
    if (rival != nullptr && rival->refusal.empty())
        std::printf(" %10.2f %6.2f  %s", 1e6 * rival->timing.median(), rival->timing.median() / seconds,
                    rival->who.c_str());
    else if (rival != nullptr)
        std::printf(" %10s %6s  %s", "-", "-", rival->refusal.c_str());
    std::printf("\n");
}

void run(const DeviceOptions& options) {
    kernels::require_usable(options.device);
    engine::set_product_precision(options.precision);
    std::printf("device: %s\n", kernels::description(options.device).c_str());
    bench::check_against_cpu(options);
    std::printf("checked: loss and gradients of a step are those of the CPU\n");
    const auto timings = bench::time_step(options);
    const auto rivals = bench::time_rivals(options);
    std::printf(
        "one training step, batch %lld, products in %s; medians of %d, caches emptied before each; floor: "
        "predicted for an H100 SXM\n\n%-34s %-38s %10s %8s %8s %8s %6s %10s %6s\n",
        static_cast<long long>(options.batch_size), kernels::name(options.precision), options.repetitions,
        "kernel", "shape", "us", "TFLOP/s", "GB/s", "floor us", "%", "rival us", "ratio");
    double all = 0, floors = 0;
    for (const Timing& timing : timings) {
        const auto rival = rivals.find(std::string(timing.work.kernel) + " " + timing.work.shape);
        print_row(timing, options.precision, rival == rivals.end() ? nullptr : &rival->second);
        const double calls = static_cast<double>(timing.seconds.size()) / options.repetitions;
        all += calls * timing.median();
        floors += calls * floor_of(timing.work, options.precision);
    }
    std::printf("\nall kernels of a step: %.1f us, their floors %.1f us\n", 1e6 * all, 1e6 * floors);
    if (rivals.empty()) std::printf("cuBLAS and cuDNN are not part of this build\n");
    if (options.precision == Precision::bf16 && !rivals.empty())
        std::printf("rivals compute in tf32: they want bfloat16 in memory, where ours have float32\n");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("The kernels of a training step on a GPU, one by one.", "device_bench");
    try {
        DeviceOptions options;
        parse(argc, argv, options, app);
        run(options);
        return 0;
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const kernels::DeviceError& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 5;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
}
