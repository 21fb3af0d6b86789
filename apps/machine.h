#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// What the system says of this machine, in /proc and /sys. Each function takes the folder in which these two
/// are: "/", but in tests. What is not known is empty.
namespace apps {

/// "Intel(R) Xeon(R) Processor @ 2.80GHz"
std::string processor_name(const std::filesystem::path& root);

/// Those extensions of the processor that matter for a deep-learning engine, as the kernel calls them.
std::string instruction_sets(const std::filesystem::path& root);

/// Of the first core, from the innermost: "L1 32K, L2 1024K".
std::string cache_sizes(const std::filesystem::path& root);

struct SystemMemory {
    double total, available;  ///< bytes
};
std::optional<SystemMemory> system_memory(const std::filesystem::path& root);

/// What the control groups that this process is in allow it, as a container's limits: the strictest of the
/// group and those around it, in both versions of control groups.
struct GroupLimits {
    std::optional<double> processors;  ///< processor seconds in a second
    std::optional<double> memory_bytes;
};
GroupLimits group_limits(const std::filesystem::path& root);

/// Version of NVIDIA's driver, if it is loaded: "550.54.15".
std::string nvidia_driver(const std::filesystem::path& root);
/// The models of the GPUs that it has found.
std::vector<std::string> nvidia_gpus(const std::filesystem::path& root);

}  // namespace apps
