// `doctor` says something about everything, whatever is missing, and never fails.
#include <sched.h>

#include "tests/support/command_line.h"

using namespace test;

namespace {

/// Of the line that begins with this name.
std::string value_of(const ProcessResult& result, const std::string& name) {
    for (const std::string& line : lines_of(result.out))
        if (line.starts_with(name)) return line.substr(std::min(line.size(), name.size()));
    return "";
}

void check_all_lines(const ProcessResult& result) {
    CHECK_MESSAGE(result.exit_code == 0, result.err);
    CHECK(result.err.empty());
    for (const char* name :
         {"program", "backend", "built for GPUs", "dependencies", "Graphviz", "processor", "instruction sets",
          "caches", "threads", "memory", "GPU", "NVIDIA driver", "data: CIFAR10_DIR", "data: repository",
          "data: cache", "data: sample", "data: train takes"})
        CHECK_MESSAGE(!value_of(result, name).empty(), name);
    CHECK(holds(result.out, "Next: ", "cifar_engine train"));
}

}  // namespace

TEST_CASE_FIXTURE(CommandLine, "doctor names each part of the program and of the machine") {
    const ProcessResult result = run({"doctor"});
    check_all_lines(result);
    CHECK(holds(value_of(result, "backend"), "cpu ("));
    CHECK(holds(value_of(result, "dependencies"), "Highway", "protozero", "libarchive"));
    CHECK(holds(value_of(result, "data: CIFAR10_DIR"), "not set"));
    CHECK(holds(value_of(result, "data: cache"), folder("home").string(), "not there"));
}

TEST_CASE_FIXTURE(CommandLine, "doctor finds the data set that train would take, and damage in it") {
    ::setenv("CIFAR10_DIR", data.c_str(), 1);
    const ProcessResult found = run({"doctor"});
    check_all_lines(found);
    CHECK(holds(value_of(found, "data: CIFAR10_DIR"), data.string(), "found"));
    CHECK(holds(value_of(found, "data: train takes"), data.string()));
    CHECK(holds(found.out, "All is there"));

    fs::remove(data / "data_batch_2.bin");
    const ProcessResult damaged = run({"doctor"});
    check_all_lines(damaged);
    CHECK(holds(value_of(damaged, "data: CIFAR10_DIR"), "damaged", "data_batch_2.bin"));
    CHECK(holds(damaged.out, "mend or remove", "cifar_engine data download"));
    ::setenv("CIFAR10_DIR", folder("nowhere").c_str(), 1);
    check_all_lines(run({"doctor"}));
}

TEST_CASE_FIXTURE(CommandLine, "doctor does without a home, a PATH, and a cache that can be written to") {
    ::unsetenv("HOME");
    ::unsetenv("PATH");
    check_all_lines(run({"doctor"}));
    write_bytes(folder("file"), "");
    ::setenv("XDG_CACHE_HOME", folder("file").c_str(), 1);
    const ProcessResult result = run({"doctor"}, "/");
    check_all_lines(result);
    if (!holds(result.out, "All is there"))  // a data set in the repository is welcome
        CHECK(holds(result.out, "the cache cannot be written to", "--out DIR"));
}

TEST_CASE_FIXTURE(CommandLine, "doctor counts the processors that this process may use") {
    cpu_set_t before, one;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    CPU_ZERO(&one);
    for (std::size_t cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
        if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
    const ProcessResult result = run({"doctor"});
    ::sched_setaffinity(0, sizeof before, &before);
    CHECK(holds(value_of(result, "threads"), " 1 in use", "this process may use 1;"));
}
