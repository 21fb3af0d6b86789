#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/emulator/emulator.h"

/// How tests judge the emulator's reports.
namespace test {

using kernels::emulator::Kind;
using kernels::emulator::Order;
using kernels::emulator::Position;
using kernels::emulator::Report;

/// Runs `action` with the threads in each order, named for a failing test.
template <typename Action>
void in_every_order(const Action& action) {
    struct Named {
        Order order;
        const char* name;
    };
    for (const Named& now : {Named{Order::forward, "forward"}, Named{Order::reverse, "reverse"},
                             Named{Order::shuffled, "shuffled"}}) {
        CAPTURE(now.name);
        kernels::emulator::set_order(now.order, 7);
        action();
    }
    kernels::emulator::set_order(Order::forward);
}

/// The number of the line that ends in "// HERE: <marker>", in a file of tests/emulator_kernels.
inline int line_of(const std::string& file, const std::string& marker) {
    std::ifstream source(std::string(CIFAR_ENGINE_SOURCE_DIR) + "/tests/emulator_kernels/" + file);
    const std::string wanted = "// HERE: " + marker;
    std::string line;
    for (int number = 1; std::getline(source, line); ++number)
        if (line.size() >= wanted.size() &&
            line.compare(line.size() - wanted.size(), wanted.size(), wanted) == 0)
            return number;
    FAIL("no line of " << file << " is marked " << marker);
    return 0;
}

/// A thread, and the marked line at which it is accused; "" if a report gives none.
struct Accused {
    std::string marker;
    Position thread, block = {0, 0, 0};
};

inline std::string text_of(const Position& p) {
    return std::to_string(p.x) + "," + std::to_string(p.y) + "," + std::to_string(p.z);
}

/// The accused of a report, as a set of texts: which is the first depends on the order of threads.
inline std::vector<std::string> accused_in(const Report& report) {
    const auto text = [](const kernels::emulator::SourcePlace& place, const Position& thread,
                         const Position& block) {
        return std::filesystem::path(place.file).filename().string() + ":" + std::to_string(place.line) +
               " thread " + text_of(thread) + " block " + text_of(block);
    };
    std::vector<std::string> result = {text(report.where, report.threads.at(0), report.block)};
    if (report.threads.size() > 1)
        result.push_back(text(report.other, report.threads[1], report.other_block));
    std::sort(result.begin(), result.end());
    return result;
}

/// Checks that `run` is accused of one thing, in every order of threads: of this kind, and of just these.
inline void check_accused(void (*run)(), Kind kind, const std::string& file,
                          const std::vector<Accused>& accused) {
    std::vector<std::string> expected;
    for (const Accused& one : accused) {
        const std::string place =
            one.marker.empty() ? ":0" : file + ":" + std::to_string(line_of(file, one.marker));
        expected.push_back(place + " thread " + text_of(one.thread) + " block " + text_of(one.block));
    }
    std::sort(expected.begin(), expected.end());
    in_every_order([&] {
        const kernels::emulator::CollectReports collected;
        run();
        REQUIRE(!collected.reports().empty());
        const Report& report = collected.reports()[0];
        CAPTURE(report.text);
        CHECK(collected.reports().size() == 1);
        CHECK(std::string(name(report.kind)) == name(kind));
        CHECK(accused_in(report) == expected);
    });
}

}  // namespace test
