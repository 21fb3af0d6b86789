// What `doctor` reads of the system, in imitated folders /proc and /sys.
#include "apps/machine.h"

#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;

struct ImitatedSystem {
    void file(const std::string& path, const std::string& content) const {
        fs::create_directories((root / path).parent_path());
        test::write_bytes(root / path, content);
    }

    test::TemporaryFolder folder;
    fs::path root = folder / "root";
};

}  // namespace

TEST_CASE_FIXTURE(ImitatedSystem, "a system without /proc and /sys is not known, and no error") {
    CHECK(apps::processor_name(root).empty());
    CHECK(apps::instruction_sets(root).empty());
    CHECK(apps::cache_sizes(root).empty());
    CHECK_FALSE(apps::system_memory(root));
    CHECK_FALSE(apps::group_limits(root).processors);
    CHECK_FALSE(apps::group_limits(root).memory_bytes);
    CHECK(apps::nvidia_driver(root).empty());
    CHECK(apps::nvidia_gpus(root).empty());
}

TEST_CASE_FIXTURE(ImitatedSystem, "processor, caches and memory") {
    file("proc/cpuinfo",
         ": \nprocessor\t: 0\nmodel name\t: A processor: fast\nflags\t\t: fpu sse2 avx2 fma\n");
    file("proc/meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\nMemAvailable:    1024 kB\n");
    for (const auto& [index, type, size] :
         {std::tuple{"0", "Data", "32K"}, {"1", "Instruction", "64K"}, {"2", "Unified", "1024K"}}) {
        const std::string cache = std::string("sys/devices/system/cpu/cpu0/cache/index") + index + "/";
        file(cache + "level", *index == '2' ? "2\n" : "1\n");
        file(cache + "type", type);
        file(cache + "size", size);
    }
    CHECK(apps::processor_name(root) == "A processor: fast");
    CHECK(apps::instruction_sets(root) == "sse2 fma avx2");
    CHECK(apps::cache_sizes(root) == "L1 32K, L2 1024K");
    REQUIRE(apps::system_memory(root));
    CHECK(apps::system_memory(root)->total == 2048.0 * 1024);
    CHECK(apps::system_memory(root)->available == 1024.0 * 1024);
    file("proc/meminfo", "MemTotal: much\nMemAvailable:    1024 kB\n");
    CHECK_FALSE(apps::system_memory(root));
}

TEST_CASE_FIXTURE(ImitatedSystem, "limits of control groups, version 2: the strictest on the way") {
    file("proc/self/cgroup", "0::/a/b\n");
    file("sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    file("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    file("sys/fs/cgroup/a/memory.max", "max\n");
    file("sys/fs/cgroup/a/b/memory.max", "1000000\n");
    CHECK(apps::group_limits(root).processors == 1.5);
    CHECK(apps::group_limits(root).memory_bytes == 1e6);
    file("proc/self/cgroup", "0::/../elsewhere\n");  // as seen from within another namespace
    CHECK_FALSE(apps::group_limits(root).processors);
    file("sys/fs/cgroup/cpu.max", "25000 100000\n");
    CHECK(apps::group_limits(root).processors == 0.25);
    file("sys/fs/cgroup/cpu.max", "25000 0\n");
    CHECK_FALSE(apps::group_limits(root).processors);
}

TEST_CASE_FIXTURE(ImitatedSystem, "limits of control groups, version 1") {
    file("proc/self/cgroup", "5:cpu,cpuacct:/box\n4:memory:/box\n2:cpuset:/\nnonsense\n");
    file("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "200000\n");
    file("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(apps::group_limits(root).processors == 2.0);
    CHECK_FALSE(apps::group_limits(root).memory_bytes);
    file("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "4096\n");
    CHECK(apps::group_limits(root).memory_bytes == 4096.0);
    file("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "-1\n");
    CHECK_FALSE(apps::group_limits(root).processors);
}

TEST_CASE_FIXTURE(ImitatedSystem, "NVIDIA's driver and GPUs") {
    file("proc/driver/nvidia/version",
         "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  560.35.03  Release Build\nGCC version: "
         "12.2.0\n");
    file("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H100\nIRQ: 12\n");
    file("proc/driver/nvidia/gpus/0000:02:00.0/information", "");
    CHECK(apps::nvidia_driver(root) == "560.35.03");
    CHECK(apps::nvidia_gpus(root) == std::vector<std::string>{"NVIDIA H100", "of unknown model"});
}
