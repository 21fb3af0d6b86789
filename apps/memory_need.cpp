#include "apps/memory_need.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/terminal.h"
#include "data/cifar10.h"
#include "engine/error.h"

namespace apps {
namespace {

/// Bytes for parameters, each with its gradient and two moments, and for what each block hands on.
double least_memory(const models::AttentionNetOptions& net, std::int64_t images) {
    constexpr double copies = 4, branches = 3, taps = 9;
    double parameters = 0, activations = 0;
    auto pixels = static_cast<double>(data::cifar10_side * data::cifar10_side);
    for (const models::BlockOptions& block : models::blocks_of(net)) {
        const auto in = static_cast<double>(block.in_channels), out = static_cast<double>(block.out_channels);
        parameters += branches * taps * in * out;
        activations += out * pixels;
        if (block.pool) pixels /= 4;
    }
    parameters += static_cast<double>(net.widths.back() * net.hidden);
    return sizeof(float) * (copies * parameters + static_cast<double>(images) * activations);
}

}  // namespace

void require_memory(const Config& config) {
    constexpr std::int64_t most_images = 50'000;  // batches are no larger than the data set
    const double needed = least_memory(config.network(), std::min(config.batch_size, most_images));
    const double present =
        static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGE_SIZE));
    if (needed > present)
        throw engine::Error(fmt::format("training needs more than {} of memory", memory_size(needed)),
                            fmt::format("on this machine, which has {}", memory_size(present)),
                            "choose a smaller --batch-size, smaller --widths or --hidden");
}

}  // namespace apps
