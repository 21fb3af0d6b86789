#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include <archive.h>
#include <curl/curlver.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/highway.h>
#include <nlohmann/json.hpp>
#include <openssl/opensslv.h>

#include "apps/commands.h"
#include "apps/find_data.h"
#include "apps/terminal.h"
#include "apps/version.h"
#include "data/cifar10.h"
#include "data/locate.h"
#include "kernels/common/device.h"
#include "kernels/common/parallel.h"
#include "kernels/common/simd_name.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

void print_fact(const std::string& name, const std::string& value) {
    fmt::print("{:<18} {}\n", name, value.empty() ? "not known" : value);
}

/// The lines "name : value" of a file in /proc; of equal names the first.
std::map<std::string, std::string> read_facts(const char* path) {
    std::map<std::string, std::string> facts;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos) continue;
        const std::size_t name_end = line.find_last_not_of(" \t", colon - 1);
        const std::size_t value_begin = line.find_first_not_of(" \t", colon + 1);
        if (name_end == std::string::npos || value_begin == std::string::npos) continue;
        facts.emplace(line.substr(0, name_end + 1), line.substr(value_begin));
    }
    return facts;
}

/// Those extensions of the processor that matter for a deep-learning engine, as the kernel calls them.
std::string instruction_sets(std::map<std::string, std::string>& processor) {
    std::istringstream flags(processor["flags"] + processor["Features"]);  // x86's name and ARM's
    const std::set<std::string> found{std::istream_iterator<std::string>(flags), {}};
    std::vector<std::string> shown;
    for (const char* name : {"sse2", "avx", "fma", "avx2", "avx512f", "avx512_bf16", "avx512_fp16",
                             "amx_bf16", "asimd", "sve", "sve2"})
        if (found.contains(name)) shown.emplace_back(name);
    return fmt::format("{}", fmt::join(shown, " "));
}

/// Of the first core, from the innermost.
std::string caches() {
    const fs::path root = "/sys/devices/system/cpu/cpu0/cache";
    std::vector<std::string> shown;
    for (int i = 0;; ++i) {
        std::string level, type, size;
        const fs::path cache = root / fmt::format("index{}", i);
        if (!(std::ifstream(cache / "level") >> level && std::ifstream(cache / "type") >> type &&
              std::ifstream(cache / "size") >> size))
            break;
        if (type != "Instruction") shown.push_back(fmt::format("L{} {}", level, size));
    }
    return fmt::format("{}", fmt::join(shown, ", "));
}

double kibibytes(const std::string& text) { return text.empty() ? 0 : std::stod(text) * 1024; }

void print_machine() {
    auto processor = read_facts("/proc/cpuinfo");
    auto memory = read_facts("/proc/meminfo");
    print_fact("processor", processor["model name"]);
    print_fact("instruction sets",
               fmt::format("{}; kernels use {}", instruction_sets(processor), kernels::simd_name()));
    print_fact("caches", caches());
    print_fact("threads", fmt::format("{}", kernels::threads()));
    print_fact("memory", fmt::format("{}, {} available", memory_size(kibibytes(memory["MemTotal"])),
                                     memory_size(kibibytes(memory["MemAvailable"]))));
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

void print_build() {
    print_fact("program", version_name() + ", built with " CIFAR_ENGINE_COMPILER);
    for (const kernels::Device device : kernels::built_devices()) print_fact("backend", status_of(device));
    print_fact(
        "dependencies",
        fmt::format(
            "Highway {}.{}.{}, fmt {}.{}.{}, CLI11 {}, nlohmann-json {}.{}.{}, curl {}, {}, libarchive {}",
            HWY_MAJOR, HWY_MINOR, HWY_PATCH, FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100,
            CLI11_VERSION, NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
            NLOHMANN_JSON_VERSION_PATCH, LIBCURL_VERSION, OPENSSL_VERSION_TEXT, ARCHIVE_VERSION_ONLY_STRING));
}

/// Looks where train looks, and says what would happen.
void print_data() {
    print_fact("data: cache", data::cache_directory().string());
    print_fact("data: repository", (repository() / "data" / "cifar-10-batches-bin").string());
    try {
        if (const auto found = data::locate_local(repository())) {
            print_fact("data: train takes", found->directory.string());
            return fmt::print("\nAll is there. Next: cifar_engine train\n");
        }
        print_fact("data: train takes", "a download of 170 MB, or the bundled sample without a network");
        fmt::print("\nNext: cifar_engine data download, then cifar_engine train\n");
    } catch (const engine::Error& error) {
        print_fact("data: damaged", error.what());
        fmt::print("\nNext: mend or remove that folder, then cifar_engine data download\n");
    }
}

void doctor() {
    print_build();
    print_machine();
    print_data();
}

}  // namespace

Command add_doctor(CLI::App&) { return doctor; }

}  // namespace apps
