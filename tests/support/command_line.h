#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/support/message_of.h"
#include "tests/support/process.h"
#include "tests/support/synthetic_cifar10.h"
#include "tests/support/temporary_folder.h"

/// How tests run the program, as a process, and judge what it prints, writes and returns.
namespace test {

namespace fs = std::filesystem;
using nlohmann::json;

using Arguments = std::vector<std::string>;

inline constexpr std::int64_t images_per_file = 16;
inline constexpr std::int64_t steps_per_epoch = 10;  // 5 files in batches of 8

inline Arguments operator+(Arguments first, const Arguments& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

inline Arguments program(const Arguments& arguments) {
    return Arguments{CIFAR_ENGINE_BINARY_DIR "/apps/cifar_engine"} + arguments;
}

inline ProcessResult run(const Arguments& arguments, const fs::path& directory = ".") {
    return Process(program(arguments), directory).wait();
}

inline std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// All files of a folder with what they hold.
inline std::map<std::string, std::string> contents(const fs::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder))
        files[entry.path().filename().string()] = entry.is_regular_file() ? read_bytes(entry.path()) : "";
    return files;
}

/// The events of metrics.jsonl without what depends on the clock.
inline std::vector<json> timeless_events(const fs::path& run_folder) {
    std::vector<json> events;
    for (const std::string& line : lines_of(read_bytes(run_folder / "metrics.jsonl"))) {
        json event = json::parse(line);
        event.erase("images_per_second");
        event.erase("seconds");
        event.erase("time");
        events.push_back(event);
    }
    return events;
}

/// A small data set, and a home in which nothing is found.
struct CommandLine {
    CommandLine() {
        write_synthetic_cifar10(data, images_per_file);
        ::setenv("HOME", (temporary / "home").c_str(), 1);
        ::setenv("TERM", "xterm", 1);
        ::unsetenv("XDG_CACHE_HOME");
        ::unsetenv("CIFAR10_DIR");
        // Threads that spin while they wait starve each other when tests run side by side on few cores.
        ::setenv("OMP_WAIT_POLICY", "passive", 1);
    }

    fs::path folder(const std::string& name) const { return temporary / name; }

    Arguments train_arguments(const std::string& out, const Arguments& more) const {
        const std::vector<std::string> own{"--data",   data, "--widths",    "2,3",
                                           "--hidden", "4",  "--log-every", "3"};
        Arguments arguments = Arguments{"train", "--out", folder(out)} + more;
        // What a test gives itself is not given twice.
        for (std::size_t i = 0; i < own.size(); i += 2)
            if (std::find(more.begin(), more.end(), own[i]) == more.end())
                arguments = arguments + Arguments{own[i], own[i + 1]};
        return arguments;
    }

    /// A training of three epochs that succeeds.
    ProcessResult train(const std::string& out, const Arguments& more = {}) const {
        Arguments arguments = train_arguments(out, more);
        for (const auto& [flag, value] :
             {std::pair{"--batch-size", "8"}, {"--threads", "1"}, {"--epochs", "3"}})
            if (std::find(more.begin(), more.end(), flag) == more.end())
                arguments = arguments + Arguments{flag, value};
        const ProcessResult result = run(arguments);
        CHECK_MESSAGE(result.exit_code == 0, result.err);
        return result;
    }

    ProcessResult resume(const std::string& out, const Arguments& more = {}) const {
        return run(Arguments{"train", "--resume", folder(out)} + more);
    }

    /// Both runs ended with the same models and the same state, bit for bit, and told the same story.
    void check_same_run(const std::string& a, const std::string& b) const {
        for (const char* file : {"last.safetensors", "best.safetensors", "state.safetensors"}) {
            CAPTURE(file);
            REQUIRE(fs::exists(folder(a) / file));
            CHECK(read_bytes(folder(a) / file) == read_bytes(folder(b) / file));
        }
        CHECK(timeless_events(folder(a)) == timeless_events(folder(b)));
        CHECK(fs::exists(folder(b) / "config.toml"));
        CHECK(contents(folder(a)).size() == contents(folder(b)).size());
    }

    TemporaryFolder temporary;
    fs::path data = temporary / "data";
};

/// `error: what, where, what to do`, one line, nothing else on standard error.
inline void check_error(const ProcessResult& result, int exit_code, const std::string& part) {
    CHECK(result.exit_code == exit_code);
    CHECK_MESSAGE(result.err.starts_with("error: "), result.err);
    CHECK_MESSAGE(std::count(result.err.begin(), result.err.end(), '\n') == 1, result.err);
    CHECK_MESSAGE(std::count(result.err.begin(), result.err.end(), ',') >= 2, result.err);
    CHECK_MESSAGE(holds(result.err, part), result.err);
}

}  // namespace test
