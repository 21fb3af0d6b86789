#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <archive.h>
#include <curl/curlver.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/highway.h>
#include <nlohmann/json.hpp>
#include <openssl/opensslv.h>
#include <protozero/version.hpp>
#include <sched.h>
#include <unistd.h>

#include "apps/commands.h"
#include "apps/find_data.h"
#include "apps/machine.h"
#include "apps/terminal.h"
#include "apps/version.h"
#include "apps/writable_folder.h"
#include "data/cifar10.h"
#include "data/locate.h"
#include "kernels/common/device.h"
#include "kernels/common/parallel.h"
#include "kernels/common/simd_name.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

const fs::path system_root = "/";

/// Prints what a probe finds. One that fails says so in its line; the others go on.
void report(const std::string& name, const std::function<std::string()>& probe) {
    std::string value;
    try {
        value = probe();
        if (value.empty()) value = "not known";
    } catch (const std::exception& error) {
        value = fmt::format("not known: {}", error.what());
    }
    fmt::print("{:<18} {}\n", name, value);
}

// --- the program

/// "sm_80, sm_90, PTX compute_90", of CMake's "80-real,90-real,90-virtual".
std::string gpu_architectures() {
    std::istringstream text(CIFAR_ENGINE_CUDA_ARCHITECTURES);
    std::vector<std::string> parts;
    for (std::string part; std::getline(text, part, ',');) {
        const std::string number = part.substr(0, part.find('-'));
        if (!part.ends_with("-virtual")) parts.push_back("sm_" + number);
        if (!part.ends_with("-real")) parts.push_back("PTX compute_" + number);
    }
    return parts.empty() ? "none: built without nvcc, so there is no --device cuda"
                         : fmt::format("{}", fmt::join(parts, ", "));
}

/// "cpu (AVX2, 2 threads)", or why it cannot be used.
std::string status_of(kernels::Device device) {
    try {
        kernels::require_usable(device);
        return kernels::description(device);
    } catch (const kernels::DeviceError& error) {
        return fmt::format("{}: {}", kernels::name(device), error.what());
    }
}

std::string dependencies() {
    std::string text = fmt::format(
        "Highway {}.{}.{}, fmt {}.{}.{}, CLI11 {}, nlohmann-json {}.{}.{}, protozero {}, curl {}, {}, "
        "libarchive {}",
        HWY_MAJOR, HWY_MINOR, HWY_PATCH, FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100,
        CLI11_VERSION, NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH,
        PROTOZERO_VERSION_STRING, LIBCURL_VERSION, OPENSSL_VERSION_TEXT, ARCHIVE_VERSION_ONLY_STRING);
    return text + ", Boost " CIFAR_ENGINE_BOOST;
}

/// Where a program of that name is found; empty if it is not.
std::string program_on_path(const std::string& name) {
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');)
        if (const fs::path program = fs::path(folder) / name; ::access(program.c_str(), X_OK) == 0)
            return program.string();
    return "";
}

void report_program() {
    report("program", [] {
        std::error_code ignored;
        return fmt::format("{}, built with {}, at {}", version_name(), CIFAR_ENGINE_COMPILER,
                           fs::read_symlink("/proc/self/exe", ignored).string());
    });
    for (const kernels::Device device : kernels::built_devices())
        report("backend", [device] { return status_of(device); });
    report("built for GPUs", gpu_architectures);
    report("dependencies", dependencies);
    report("Graphviz", [] {
        const std::string dot = program_on_path("dot");
        return dot.empty() ? "dot is not on PATH: `graph` writes DOT, but no SVG" : dot;
    });
}

// --- the machine

/// Processors that the scheduler may put this process on; 0 if it does not say.
int allowed_processors() {
    cpu_set_t set;
    return ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

/// Threads that can really run at a time: those that kernels use, unless a control group allows fewer.
int useful_threads(const GroupLimits& limits) {
    const int threads = kernels::threads();
    if (!limits.processors) return threads;
    return static_cast<int>(std::clamp(std::ceil(*limits.processors), 1.0, static_cast<double>(threads)));
}

std::string threads_text(const GroupLimits& limits) {
    const int allowed = allowed_processors();
    return fmt::format("{} in use; {} processors, of which this process may use {}; control group: {}",
                       kernels::threads(), ::sysconf(_SC_NPROCESSORS_ONLN),
                       allowed > 0 ? fmt::format("{}", allowed) : "an unknown number",
                       limits.processors ? fmt::format("{:.4g} at a time", *limits.processors) : "no limit");
}

std::string memory_text(const GroupLimits& limits) {
    const auto memory = system_memory(system_root);
    if (!memory) return "";
    return fmt::format("{}, {} available; control group: {}", memory_size(memory->total),
                       memory_size(memory->available),
                       limits.memory_bytes ? memory_size(*limits.memory_bytes) : "no limit");
}

std::string gpu_text() {
    const std::vector<std::string> gpus = nvidia_gpus(system_root);
    return gpus.empty() ? "none that NVIDIA's driver knows" : fmt::format("{}", fmt::join(gpus, ", "));
}

void report_machine(const GroupLimits& limits) {
    report("processor", [] { return processor_name(system_root); });
    report("instruction sets", [] {
        return fmt::format("{}; kernels use {}", instruction_sets(system_root), kernels::simd_name());
    });
    report("caches", [] { return cache_sizes(system_root); });
    report("threads", [&] { return threads_text(limits); });
    report("memory", [&] { return memory_text(limits); });
    report("GPU", gpu_text);
    report("NVIDIA driver", [] {
        const std::string version = nvidia_driver(system_root);
        return version.empty() ? "not loaded" : version;
    });
}

// --- the data

/// Whether a data set is there, and in order.
std::string state_of(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder, error)) return fmt::format("{}: not there", folder.string());
    if (fs::is_empty(folder, error)) return fmt::format("{}: empty", folder.string());
    try {
        data::check_cifar10_files(folder);
        return fmt::format("{}: found", folder.string());
    } catch (const engine::Error& damage) {
        return fmt::format("{}: damaged: {}", folder.string(), damage.what());
    }
}

/// Looks where train looks, in that order.
void report_data() {
    report("data: CIFAR10_DIR", [] {
        const char* named = std::getenv("CIFAR10_DIR");
        return named == nullptr || *named == '\0' ? "not set" : state_of(named);
    });
    report("data: repository", [] { return state_of(repository() / "data" / "cifar-10-batches-bin"); });
    report("data: cache", [] { return state_of(data::cache_directory()); });
    report("data: sample", [] {
        std::error_code ignored;
        return state_of(data::sample_directory(fs::read_symlink("/proc/self/exe", ignored)));
    });
    report("data: train takes", [] {
        const auto found = data::locate_local(repository());
        return found ? found->directory.string() : "a download of 170 MB, or the sample without a network";
    });
}

/// What is missing for `train` to have its data: commands, or nothing.
std::vector<std::string> steps_to_data() {
    try {
        if (data::locate_local(repository())) return {};
    } catch (const std::exception&) {
        return {
            "mend or remove the damaged data set above, or unset CIFAR10_DIR; then cifar_engine data "
            "download"};
    }
    try {
        require_writable_folder(data::cache_directory(), "the data set", "XDG_CACHE_HOME or --out");
    } catch (const std::exception& error) {
        return {fmt::format(
            "the cache cannot be written to ({}): cifar_engine data download --out DIR, then train "
            "--data DIR",
            error.what())};
    }
    return {"cifar_engine data download"};
}

// --- what to do next

void print_next(const GroupLimits& limits) {
    std::vector<std::string> steps = steps_to_data();
    const int useful = useful_threads(limits);
    const bool has_cuda = *CIFAR_ENGINE_CUDA_ARCHITECTURES != '\0';
    if (!has_cuda && !nvidia_driver(system_root).empty())
        steps.emplace_back(
            "for the GPU: install the CUDA toolkit 12 or newer, then build again (./cifar_engine does)");
    const std::string threads =
        useful < kernels::threads() ? fmt::format(" --threads {}", useful) : std::string();
    steps.push_back("cifar_engine train" + threads);
    fmt::print("\n{}", steps.size() == 1 ? "All is there. Next: " : "Next: ");
    for (std::size_t i = 0; i < steps.size(); ++i) fmt::print("{}{}\n", i == 0 ? "" : "      ", steps[i]);
}

void doctor() {
    const GroupLimits limits = group_limits(system_root);
    report_program();
    report_machine(limits);
    report_data();
    print_next(limits);
}

}  // namespace

Command add_doctor(CLI::App&) { return doctor; }

}  // namespace apps
