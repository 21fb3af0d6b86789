#include "apps/machine.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/parse_value.h"

namespace apps {
namespace {

namespace fs = std::filesystem;

/// The lines "name : value" of a file; of equal names the first.
std::map<std::string, std::string> read_facts(const fs::path& path) {
    std::map<std::string, std::string> facts;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const std::size_t colon = line.find(':');
        if (colon == std::string::npos || colon == 0) continue;
        const std::size_t name_end = line.find_last_not_of(" \t", colon - 1);
        const std::size_t value_begin = line.find_first_not_of(" \t", colon + 1);
        if (name_end == std::string::npos || value_begin == std::string::npos) continue;
        facts.emplace(line.substr(0, name_end + 1), line.substr(value_begin));
    }
    return facts;
}

/// "2048 kB"
std::optional<double> kibibytes(const std::string& text) {
    const auto number = parse_number(text.substr(0, text.find(' ')));
    if (!number) return std::nullopt;
    return *number * 1024;
}

/// The words at the beginning of a file.
std::vector<std::string> words(const fs::path& path) {
    std::ifstream file(path);
    return {std::istream_iterator<std::string>(file), {}};
}

/// The number that a file begins with; empty for "max" and all that is none.
std::optional<double> first_number(const fs::path& path) {
    const std::vector<std::string> found = words(path);
    return found.empty() ? std::nullopt : parse_number(found.front());
}

std::optional<double> smaller(std::optional<double> a, std::optional<double> b) {
    if (a && b) return std::min(*a, *b);
    return a ? a : b;
}

/// Version 2: "max 100000" or "150000 100000", microseconds in a period.
std::optional<double> processors_v2(const fs::path& group) {
    const std::vector<std::string> found = words(group / "cpu.max");
    if (found.size() < 2) return std::nullopt;
    const auto quota = parse_number(found[0]), period = parse_number(found[1]);
    return quota && period && *period > 0 ? std::optional(*quota / *period) : std::nullopt;
}

/// Version 1; -1 means no limit.
std::optional<double> processors_v1(const fs::path& group) {
    const auto quota = first_number(group / "cpu.cfs_quota_us"),
               period = first_number(group / "cpu.cfs_period_us");
    return quota && period && *quota > 0 && *period > 0 ? std::optional(*quota / *period) : std::nullopt;
}

/// Version 1 has a number near 2^63 where there is no limit.
std::optional<double> memory_v1(const fs::path& group) {
    constexpr double no_limit = 0x1p60;
    const auto bytes = first_number(group / "memory.limit_in_bytes");
    return bytes && *bytes < no_limit ? bytes : std::nullopt;
}

/// The strictest limit from a group up to the mount point. A container may see a path that is not there in
/// its own view of the system; the mount point then is its group.
template <typename Limit>
std::optional<double> strictest(const fs::path& mount, const std::string& group, const Limit& limit) {
    std::optional<double> result = limit(mount);
    fs::path place = mount;
    for (const fs::path& part : fs::path(group).relative_path()) {
        if (part == "..") break;
        place /= part;
        result = smaller(result, limit(place));
    }
    return result;
}

}  // namespace

std::string processor_name(const fs::path& root) {
    auto facts = read_facts(root / "proc/cpuinfo");
    for (const char* name : {"model name", "Model", "Hardware", "cpu"})  // as architectures call it
        if (!facts[name].empty()) return facts[name];
    return "";
}

std::string instruction_sets(const fs::path& root) {
    auto facts = read_facts(root / "proc/cpuinfo");
    std::istringstream flags(facts["flags"] + facts["Features"]);  // x86's name and ARM's
    const std::set<std::string> found{std::istream_iterator<std::string>(flags), {}};
    std::vector<std::string> shown;
    for (const char* name : {"sse2", "avx", "fma", "avx2", "avx512f", "avx512_bf16", "avx512_fp16",
                             "amx_bf16", "asimd", "sve", "sve2"})
        if (found.contains(name)) shown.emplace_back(name);
    return fmt::format("{}", fmt::join(shown, " "));
}

std::string cache_sizes(const fs::path& root) {
    std::vector<std::string> shown;
    constexpr int most = 16;
    for (int i = 0; i < most; ++i) {
        std::string level, type, size;
        const fs::path cache = root / fmt::format("sys/devices/system/cpu/cpu0/cache/index{}", i);
        if (!(std::ifstream(cache / "level") >> level && std::ifstream(cache / "type") >> type &&
              std::ifstream(cache / "size") >> size))
            break;
        if (type != "Instruction") shown.push_back(fmt::format("L{} {}", level, size));
    }
    return fmt::format("{}", fmt::join(shown, ", "));
}

std::optional<SystemMemory> system_memory(const fs::path& root) {
    auto facts = read_facts(root / "proc/meminfo");
    const auto total = kibibytes(facts["MemTotal"]), available = kibibytes(facts["MemAvailable"]);
    if (!total || !available) return std::nullopt;
    return SystemMemory{*total, *available};
}

GroupLimits group_limits(const fs::path& root) {
    GroupLimits limits;
    const fs::path groups = root / "sys/fs/cgroup";
    std::ifstream file(root / "proc/self/cgroup");
    for (std::string line; std::getline(file, line);) {  // "4:cpu,cpuacct:/path", or version 2's "0::/path"
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const std::string path = line.substr(second + 1);
        if (controllers == ",,") {
            limits.processors = smaller(limits.processors, strictest(groups, path, processors_v2));
            limits.memory_bytes =
                smaller(limits.memory_bytes, strictest(groups, path, [](const fs::path& group) {
                            return first_number(group / "memory.max");
                        }));
        }
        if (controllers.find(",cpu,") != std::string::npos)
            limits.processors = smaller(limits.processors, strictest(groups / "cpu", path, processors_v1));
        if (controllers.find(",memory,") != std::string::npos)
            limits.memory_bytes = smaller(limits.memory_bytes, strictest(groups / "memory", path, memory_v1));
    }
    return limits;
}

std::string nvidia_driver(const fs::path& root) {
    // "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024"
    for (const std::string& word : words(root / "proc/driver/nvidia/version"))
        if (word.find('.') != std::string::npos && word.find_first_not_of("0123456789.") == std::string::npos)
            return word;
    return "";
}

std::vector<std::string> nvidia_gpus(const fs::path& root) {
    std::vector<std::string> models;
    std::error_code error;
    for (fs::directory_iterator gpu(root / "proc/driver/nvidia/gpus", error), end; !error && gpu != end;
         gpu.increment(error)) {
        const std::string model = read_facts(gpu->path() / "information")["Model"];
        models.push_back(model.empty() ? "of unknown model" : model);
    }
    std::sort(models.begin(), models.end());
    return models;
}

}  // namespace apps
