#pragma once

#include <functional>
#include <string>

/// How the benchmarks of all ops are named, checked, run and counted.
namespace bench {

/// op/pass/shape/who/threads:n, the name that --benchmark_filter sees.
struct Name {
    std::string op;     ///< "conv2d/forward"
    std::string shape;  ///< as the network has it, images first: "128x16x16x32to64"
    std::string who;    ///< "ours", "reference", or the rival
    int threads;

    std::string full() const;
};

/// What one call has to do by definition, whatever the algorithm. The report divides it by the time: B in
/// bytes, FLOP in operations per second.
struct Work {
    double bytes;      ///< compulsory traffic: each input read once, each output written once, targets both
    double flops = 0;  ///< multiplications and additions; 0: not counted
};

using Body = std::function<void()>;

/// Registers one benchmark, unless there is one of that name: both widths of the network have some shapes in
/// common. Before it is timed for the first time `check(full name)` has to return: it ends
/// the program if the op computes something else than the reference. `prepare` sets up inputs and outputs,
/// untimed, and returns what is timed.
void add(const Name& name, const Work& work, const std::function<void(const std::string&)>& check,
         const std::function<Body()>& prepare);

/// Made once, as a global, by each source of benchmarks: `add_benchmarks` is called for each number of
/// threads.
struct Suite {
    explicit Suite(void (*add_benchmarks)(int threads));
};

/// Calls all suites.
void add_all(int threads);

}  // namespace bench
