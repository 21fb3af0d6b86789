#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/support/arrays.h"
#include "bench/support/suite.h"

/// Benchmarks of an op that has a forward and a backward. Its Problem<T> is one call of it: made from a
/// shape, it holds inputs and outputs; forward() and backward() give the arguments of the kernels, results()
/// what they wrote, by name.
namespace bench {

using Results = std::vector<std::pair<std::string, Array<double>>>;

/// Ours, the reference, or a rival that takes the same arguments.
template <typename Problem>
struct Kernels {
    std::string who;
    void (*forward)(const typename Problem::Forward&);
    void (*backward)(const typename Problem::Backward&);
};

/// Ends the program unless `kernels` compute, up to the tolerance, what `definition` does.
template <typename Fast, typename Exact, typename Shape>
void check_kernels(const std::string& name, const Shape& shape, const Kernels<Fast>& kernels,
                   const Kernels<Exact>& definition) {
    Fast actual(shape);
    kernels.forward(actual.forward());
    kernels.backward(actual.backward());
    Exact expected(shape);
    definition.forward(expected.forward());
    definition.backward(expected.backward());
    const Results actual_results = actual.results(), expected_results = expected.results();
    for (std::size_t i = 0; i < expected_results.size(); ++i)
        require_close(name + ", " + expected_results[i].first, actual_results[i].second,
                      expected_results[i].second);
}

struct ForwardBackwardWork {
    Work forward, backward;
};

/// Adds the benchmarks op/forward and op/backward.
template <typename Fast, typename Exact, typename Shape>
void add_forward_backward(const std::string& op, const std::string& shape_text, int threads,
                          const Shape& shape, const Kernels<Fast>& kernels, const Kernels<Exact>& definition,
                          const ForwardBackwardWork& work) {
    const auto check = [=](const std::string& name) { check_kernels(name, shape, kernels, definition); };
    add({op + "/forward", shape_text, kernels.who, threads}, work.forward, check, [=]() -> Body {
        const auto problem = std::make_shared<Fast>(shape);
        return [=] { kernels.forward(problem->forward()); };
    });
    add({op + "/backward", shape_text, kernels.who, threads}, work.backward, check, [=]() -> Body {
        const auto problem = std::make_shared<Fast>(shape);
        kernels.forward(problem->forward());
        return [=] { kernels.backward(problem->backward()); };
    });
}

}  // namespace bench
