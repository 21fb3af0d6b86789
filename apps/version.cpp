#include "apps/version.h"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commit.h"  // made anew by each build: cmake/Commit.cmake
#include "kernels/common/device.h"
#include "kernels/common/simd_name.h"

namespace apps {
namespace {

std::string backends() {
    std::vector<std::string> names;
    for (const kernels::Device device : kernels::built_devices()) names.emplace_back(kernels::name(device));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string line(const char* name, const std::string& value) {
    return fmt::format("{:<14}{}\n", name, value);
}

}  // namespace

std::string version_name() { return "cifar_engine " CIFAR_ENGINE_VERSION; }

std::string version_date() { return CIFAR_ENGINE_COMMIT_DATE; }

std::string version_text() {
    const std::string architectures = CIFAR_ENGINE_CUDA_ARCHITECTURES;
    return version_name() + "\n" +
           line("commit", fmt::format("{} ({})", CIFAR_ENGINE_COMMIT, version_date())) +
           line("compiler", CIFAR_ENGINE_COMPILER) + line("build type", CIFAR_ENGINE_BUILD_TYPE) +
           line("threads", CIFAR_ENGINE_THREADS) + line("backends", backends()) +
           line("CUDA for", architectures.empty() ? "none: built without nvcc" : architectures) +
           line("SIMD", fmt::format("{}, chosen at run time", fmt::join(kernels::simd_targets(), ", ")));
}

}  // namespace apps
