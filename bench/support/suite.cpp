#include "bench/support/suite.h"

#include <set>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/common/parallel.h"

namespace bench {
namespace {

/// A function, so that it is there before the first global Suite.
std::vector<void (*)(int)>& suites() {
    static std::vector<void (*)(int)> all;
    return all;
}

}  // namespace

std::string Name::full() const {
    return op + "/" + shape + "/" + who + "/threads:" + std::to_string(threads);
}

void add(const Name& name, const Work& work, const std::function<void(const std::string&)>& check,
         const std::function<Body()>& prepare) {
    static std::set<std::string> added;
    if (!added.insert(name.full()).second) return;
    const auto run = [=, checked = false](benchmark::State& state) mutable {
        kernels::set_threads(name.threads);
        if (!checked) check(name.full());
        checked = true;
        const Body body = prepare();
        body();  // touches memory and wakes threads
        for ([[maybe_unused]] auto _ : state) body();
        state.counters["B"] = {work.bytes, benchmark::Counter::kIsIterationInvariantRate};
        if (work.flops > 0)
            state.counters["FLOP"] = {work.flops, benchmark::Counter::kIsIterationInvariantRate};
    };
    benchmark::RegisterBenchmark(name.full().c_str(), run)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

Suite::Suite(void (*add_benchmarks)(int)) { suites().push_back(add_benchmarks); }

void add_all(int threads) {
    for (const auto add_benchmarks : suites()) add_benchmarks(threads);
}

}  // namespace bench
