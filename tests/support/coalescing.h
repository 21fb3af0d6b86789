#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/emulator/counters.h"

/// How tests judge what the emulator counts.
namespace test {

/// A line of a kernel that may move more than its lanes ask for, and how many times that at most. The test
/// that has it says why.
struct Allowance {
    std::string text;  ///< a part of the line
    double ratio;
};

inline std::string source_line(const kernels::emulator::LineCount& count) {
    std::ifstream file(count.file);
    std::string line;
    for (int number = 0; number < count.line; ++number) std::getline(file, line);
    return line;
}

/// Checks that sectors of global memory and wavefronts of shared memory are within a tenth of what is ideal,
/// in every line that moves more than a tenth of what `run` moves. Others, like sums over chunks, do not
/// count.
template <typename Run>
void check_coalesced(const std::string& what, const Run& run, const std::vector<Allowance>& allowances = {}) {
    const kernels::emulator::CountAccesses counting;
    run();
    const auto table = counting.table();
    for (const bool shared : {false, true}) {
        std::uint64_t total = 0;
        for (const auto& line : table)
            if (line.shared == shared) total += line.actual;
        for (const auto& line : table) {
            if (line.shared != shared || line.actual * 10 < total) continue;
            const std::string text = source_line(line);
            double ratio = 1.1;
            for (const Allowance& allowance : allowances)
                if (text.find(allowance.text) != std::string::npos) ratio = allowance.ratio;
            CAPTURE(what);
            CAPTURE(line.file);
            CAPTURE(line.line);
            CAPTURE(text);
            CAPTURE(shared);
            CAPTURE(line.actual);
            CHECK(static_cast<double>(line.actual) <= ratio * static_cast<double>(line.ideal));
        }
    }
}

}  // namespace test
