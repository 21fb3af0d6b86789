#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/interruption.h"
#include "apps/nearest_name.h"
#include "data/download.h"
#include "engine/error.h"
#include "kernels/common/device.h"

namespace apps {
namespace {

/// What the program tells the shell.
enum ExitCode {
    exit_done = 0,
    exit_runtime = 1,
    exit_usage = 2,
    exit_input = 3,
    exit_network = 4,
    exit_device = 5,
    exit_diverged = 6,
    exit_signal = 128  ///< plus the signal's number
};

struct Subcommand {
    const char* name;
    const char* help;
    Command (*add)(CLI::App&);
};

constexpr Subcommand subcommands[] = {
    {"train", "train a network on CIFAR-10", add_train},
    {"eval", "measure a trained network on the test images", add_eval},
    {"report", "write the page that shows a run, or compares several", add_report},
    {"summary", "list the layers of a network", add_summary},
    {"data", "download CIFAR-10, check it, count it", add_data},
    {"doctor", "show what this machine offers and what is missing", add_doctor},
    {"test", "build and run all tests (by ./cifar_engine in a source checkout)", add_test},
    {"bench", "build and run the benchmarks (by ./cifar_engine in a source checkout)", add_bench}};

/// Names that may stand where an unknown one does.
std::vector<std::string> known_names(const CLI::App& app, bool flags) {
    std::vector<std::string> names;
    if (flags)
        for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
    else
        for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
            names.push_back(command->get_name());
    return names;
}

/// Left-overs are collected, not refused by CLI11, so that the message can say what was meant.
void reject_leftovers(const CLI::App& app) {
    for (const CLI::App* command : app.get_subcommands()) reject_leftovers(*command);
    const std::vector<std::string> leftovers = app.remaining();
    if (leftovers.empty()) return;
    const bool is_flag = leftovers.front().starts_with('-');
    const std::string name = leftovers.front().substr(0, leftovers.front().find('='));
    const bool is_command = !is_flag && !known_names(app, false).empty();
    const std::string nearest = nearest_name(name, known_names(app, is_flag));
    throw CommandLineError(
        (is_flag      ? "unknown flag '"
         : is_command ? "unknown command '"
                      : "unexpected argument '") +
            name + "'",
        "in the arguments of " + app.get_name(),
        nearest.empty() ? "see --help for what there is" : "did you mean '" + nearest + "'?");
}

/// CLI11's refusals in our form.
[[noreturn]] void reject(const CLI::ParseError& error) {
    throw CommandLineError(error.what(), "on the command line", "see --help for how to write it");
}

void run(int argc, char** argv) {
    CLI::App app("Trains CIFAR-10 with a deep-learning engine written from scratch.", "cifar_engine");
    app.set_version_flag("--version", "cifar_engine " CIFAR_ENGINE_VERSION);
    app.allow_extras();
    std::vector<std::pair<CLI::App*, Command>> commands;
    for (const Subcommand& subcommand : subcommands) {
        CLI::App* command = app.add_subcommand(subcommand.name, subcommand.help);
        command->allow_extras();
        commands.emplace_back(command, subcommand.add(*command));
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForVersion& version) {
        return fmt::print("{}\n", version.what());
    } catch (const CLI::Success&) {
        return fmt::print("{}", app.help());
    } catch (const CLI::ParseError& error) {
        reject(error);
    } catch (const std::logic_error&) {  // CLI11 lets out what std::stoll throws
        throw CommandLineError("a value that a switch does not take", "on the command line",
                               "give switches without a value");
    }
    reject_leftovers(app);
    for (const auto& [command, execute] : commands)
        if (command->parsed()) return execute();
    throw CommandLineError("no command is given", "on the command line",
                           "give one: train, eval, report, summary, data, doctor, test, bench, or --help");
}

int report(ExitCode code, const std::string& message) {
    std::fflush(stdout);
    fmt::print(stderr, "error: {}\n", message);
    return code;
}

/// Runs the program and turns whatever ends it into an exit code and a line that says what to do.
int run_reporting(int argc, char** argv) {
    try {
        run(argc, argv);
        if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
        return exit_done;
    } catch (const Interrupted& interrupted) {
        return exit_signal + interrupted.signal;
    } catch (const CommandLineError& error) {
        return report(exit_usage, error.what());
    } catch (const engine::InputError& error) {
        return report(exit_input, error.what());
    } catch (const data::NetworkError& error) {
        return report(exit_network, error.what());
    } catch (const kernels::DeviceError& error) {
        return report(exit_device, error.what());
    } catch (const engine::DivergedError& error) {
        return report(exit_diverged, error.what());
    } catch (const engine::UsageError& error) {
        return report(exit_runtime, std::string(error.what()) + " (a bug in this program: please report it)");
    } catch (const engine::Error& error) {
        return report(exit_runtime, error.what());
    } catch (const std::bad_alloc&) {
        return report(exit_runtime,
                      "out of memory, on this machine, try a smaller --batch-size or smaller --widths");
    } catch (const std::exception& error) {
        return report(exit_runtime,
                      fmt::format("{}, while running, check the disk and the output", error.what()));
    }
}

}  // namespace
}  // namespace apps

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_DFL);                  // a reader that has gone ends the program, quietly
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // a pipe sees each line when it is printed
    return apps::run_reporting(argc, argv);
}
