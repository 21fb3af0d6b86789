#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <vector>

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

/// How often a step calls it.
int calls_of(const Timing& timing, const DeviceOptions& options) {
    return static_cast<int>(timing.seconds.size()) / options.repetitions;
}

void print_legend(const DeviceOptions& options, bool has_rivals) {
    std::printf(
        "one training step, batch %lld, products in %s\n"
        "  calls      in a step\n"
        "  us         a call, the median over %d steps; caches are emptied before each call\n"
        "  TFLOP/s    what the op's definition needs, whatever the algorithm; GB/s: each input read and each "
        "output written once\n"
        "  floor us   what an H100 SXM needs at least, as docs/cuda_kernels.md predicts it; %% of floor: 100 "
        "is as fast as that\n",
        static_cast<long long>(options.batch_size), kernels::name(options.precision), options.repetitions);
    if (has_rivals)
        std::printf("  rival us   NVIDIA's library on the same shape%s; ratio: above 1, ours is faster\n",
                    options.precision == Precision::bf16
                        ? ", in tf32 (in bf16 it wants bfloat16 in memory, where ours has float32)"
                        : "");
    else
        std::printf("no rivals: %s\n", options.device == Device::cuda
                                           ? "cuBLAS and cuDNN are not part of this build"
                                           : "cuBLAS and cuDNN run on a GPU only");
    if (options.device == Device::emulated)
        std::printf(
            "THESE TIMES ARE NO SPEEDS OF A GPU: the emulated device runs kernels on the host, to check "
            "them\n");
}

void print_row(const Timing& timing, const DeviceOptions& options, int shape_width, const Rival* rival) {
    const double seconds = timing.median(), floor = floor_of(timing.work, options.precision);
    std::printf("%-34s %-*s %5d %10.2f %8.2f %8.1f %9.2f %10.1f", timing.work.kernel, shape_width,
                timing.work.shape.c_str(), calls_of(timing, options), 1e6 * seconds,
                1e-12 * timing.work.flops / seconds, 1e-9 * timing.work.bytes / seconds, 1e6 * floor,
                100 * floor / seconds);
    if (rival != nullptr && rival->refusal.empty())
        std::printf(" %9.2f %6.2f  %s", 1e6 * rival->timing.median(), rival->timing.median() / seconds,
                    rival->who.c_str());
    else if (rival != nullptr)
        std::printf(" %9s %6s  %s", "-", "-", rival->refusal.c_str());
    std::printf("\n");
}

void print_table(const std::vector<Timing>& timings, const std::map<std::string, Rival>& rivals,
                 const DeviceOptions& options) {
    std::size_t shape_width = 0;
    for (const Timing& timing : timings) shape_width = std::max(shape_width, timing.work.shape.size());
    const int width = static_cast<int>(shape_width);
    std::printf("\n%-34s %-*s %5s %10s %8s %8s %9s %10s", "kernel", width, "shape", "calls", "us", "TFLOP/s",
                "GB/s", "floor us", "% of floor");
    if (!rivals.empty()) std::printf(" %9s %6s  rival", "rival us", "ratio");
    std::printf("\n");
    double all = 0, floors = 0;
    for (const Timing& timing : timings) {
        const auto rival = rivals.find(std::string(timing.work.kernel) + " " + timing.work.shape);
        print_row(timing, options, width, rival == rivals.end() ? nullptr : &rival->second);
        all += calls_of(timing, options) * timing.median();
        floors += calls_of(timing, options) * floor_of(timing.work, options.precision);
    }
    std::printf("\nall kernels of a step: %.1f us, their floors %.1f us\n", 1e6 * all, 1e6 * floors);
}

void run(const DeviceOptions& options) {
    kernels::require_usable(options.device);
    engine::set_product_precision(options.precision);
    std::printf("device: %s\n", kernels::description(options.device).c_str());
    bench::check_against_cpu(options);
    std::printf("checked: loss and gradients of a step are those of the CPU\n");
    const auto timings = bench::time_step(options);
    const auto rivals = bench::time_rivals(options);
    print_legend(options, !rivals.empty());
    print_table(timings, rivals, options);
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
