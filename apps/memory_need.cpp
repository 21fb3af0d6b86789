#include "apps/memory_need.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

#include "apps/network_choice.h"
#include "apps/terminal.h"
#include "engine/error.h"

namespace apps {
namespace {

/// Values that an optimiser keeps beside each parameter.
int optimizer_copies(const Config& config) {
    const int moments = config.optimizer == "sgd" ? 1 : 2;
    return moments + (config.lookahead > 0 ? 1 : 0) + (config.ema > 0 ? 1 : 0);
}

}  // namespace

TrainingMemory training_memory(const models::Graph& network, const Config& config) {
    const double parameters = sizeof(float) * static_cast<double>(network.parameter_count());
    return {parameters, parameters, optimizer_copies(config) * parameters,
            static_cast<double>(config.batch_size) * static_cast<double>(network.kept_bytes())};
}

void require_memory(const TrainingMemory& needed) {
    const double present =
        static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGE_SIZE));
    if (needed.total() > present)
        throw engine::Error(fmt::format("training needs more than {} of memory", memory_size(needed.total())),
                            fmt::format("on this machine, which has {}", memory_size(present)),
                            "choose a smaller --batch-size, smaller --widths or --hidden");
}

void require_memory(const Config& config) {
    constexpr std::int64_t most_images = 50'000;  // batches are no larger than the data set
    Config possible = config;
    possible.batch_size = std::min(config.batch_size, most_images);
    require_memory(training_memory(cifar10_graph(config.network()), possible));
}

}  // namespace apps
