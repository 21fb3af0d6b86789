#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/support/suite.h"
#include "kernels/common/simd_name.h"

namespace {

void print_help() {
    std::puts(
        "kernel_bench [--threads=1,2] and Google Benchmark's own flags:\n"
        "  --threads=LIST   numbers of threads, for our kernels and for the rivals' alike\n");
    benchmark::PrintDefaultHelp();
}

[[noreturn]] void refuse(const char* list) {
    std::fprintf(stderr, "error: '%s' is no list of threads, in --threads, give numbers from 1: 1,2\n", list);
    std::exit(2);
}

/// "1,2" as numbers.
std::vector<int> parse_threads(const char* list) {
    std::vector<int> threads;
    for (const char* rest = list;; ++rest) {
        char* end = nullptr;
        const long count = std::strtol(rest, &end, 10);
        if (end == rest || count < 1 || count > 1024 || (*end != ',' && *end != '\0')) refuse(list);
        threads.push_back(static_cast<int>(count));
        if (*end == '\0') return threads;
        rest = end;
    }
}

/// Reads our own flag and takes it out of the arguments.
std::vector<int> take_threads(int& argc, char** argv) {
    constexpr const char* flag = "--threads=";
    std::vector<int> threads{1, 2};
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        if (std::strncmp(argv[i], flag, std::strlen(flag)) == 0)
            threads = parse_threads(argv[i] + std::strlen(flag));
        else
            argv[kept++] = argv[i];
    }
    argc = kept;
    return threads;
}

}  // namespace

int main(int argc, char** argv) {
    for (const int threads : take_threads(argc, argv)) bench::add_all(threads);
    benchmark::Initialize(&argc, argv, print_help);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::AddCustomContext("instruction set of our kernels", kernels::simd_name());
    benchmark::RunSpecifiedBenchmarks();
}
