#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"
#include "apps/exit_code.h"
#include "apps/help_text.h"
#include "apps/interruption.h"
#include "apps/leftovers.h"
#include "apps/terminal.h"
#include "apps/version.h"
#include "data/download.h"
#include "engine/error.h"
#include "kernels/common/device.h"

namespace apps {
namespace {

struct Subcommand {
    const char* name;
    const char* help;
    Command (*add)(CLI::App&);
};

constexpr const char* program_examples =
    "cifar_engine train                                  # train, with all defaults\n"
    "cifar_engine train --recipe fast --out runs/fast    # a better network, in a folder of its own\n"
    "cifar_engine eval --checkpoint runs/fast/best.safetensors    # measure it\n"
    "cifar_engine help train                             # every setting of a training";

constexpr Subcommand subcommands[] = {
    {"train", "train a network on CIFAR-10", add_train},
    {"config", "print the configuration that train would use, as TOML", add_config},
    {"eval", "measure a trained network on the test images", add_eval},
    {"predict", "say what is on pictures", add_predict},
    {"report", "write the page that shows a run, or compares several", add_report},
    {"summary", "list the layers of a network: shapes, parameters, multiplications, memory", add_summary},
    {"graph", "draw the autograd graph of a training step, or the network", add_graph},
    {"export", "write a trained network for other programs: onnx", add_export},
    {"data", "download CIFAR-10, check it, count it", add_data},
    {"doctor", "show what this machine offers and what is missing", add_doctor},
    {"completion", "print a script that lets the shell complete what is typed", add_completion},
    {"man", "print the manual page", add_man},
    {"help", "explain a command", add_help},
    {"test", "build and run all tests (by ./cifar_engine in a source checkout)", add_test},
    {"bench", "build and run the benchmarks (by ./cifar_engine in a source checkout)", add_bench}};

/// CLI11's refusals in our form. Of too many or too few values it writes "--lr: At Most 1 required ...".
[[noreturn]] void reject(const CLI::ParseError& error) {
    const std::string text = error.what();
    const std::string flag = text.substr(0, text.find(':'));
    if (error.get_name() == "ArgumentMismatch" && text.find("At Most") != std::string::npos)
        throw CommandLineError(flag + " is given more than once", "on the command line",
                               "remove all but one of them");
    if (error.get_name() == "ArgumentMismatch" && flag.size() < text.size()) reject_missing_value(flag);
    throw CommandLineError(text, "on the command line", "see --help for how to write it");
}

/// The command that was given, or the program itself.
const CLI::App& given_command(const CLI::App& app) {
    const std::vector<CLI::App*> given = app.get_subcommands();
    return given.empty() ? app : given_command(*given.front());
}

void run(int argc, char** argv) {
    CLI::App app("train CIFAR-10 with a deep-learning engine written from scratch", "cifar_engine");
    app.set_help_flag("-h,--help", "show this help");
    app.set_version_flag("-V,--version", version_text, "show the version and how this program was built");
    app.allow_extras();
    app.require_subcommand(0, 1);
    std::vector<std::pair<CLI::App*, Command>> commands;
    for (const Subcommand& subcommand : subcommands) {
        CLI::App* command = app.add_subcommand(subcommand.name, subcommand.help);
        command->allow_extras();
        commands.emplace_back(command, subcommand.add(*command));
    }
    app.footer(program_examples);  // now, as commands inherit what was there before
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForVersion& version) {
        return fmt::print("{}", version.what());
    } catch (const CLI::Success&) {
        return print_help(given_command(app), stdout);
    } catch (const CLI::ParseError& error) {
        reject(error);
    } catch (const std::logic_error&) {  // CLI11 lets out what std::stoll throws
        throw CommandLineError("a value that a switch does not take", "on the command line",
                               "give switches without a value");
    }
    reject_leftovers(app);
    for (const auto& [command, execute] : commands)
        if (command->parsed()) return execute();
    print_help(app, stderr);
    fmt::print(stderr, "\n");
    throw CommandLineError("no command is given", "on the command line", "give one of those above");
}

int report(ExitCode code, const std::string& message) {
    std::fflush(stdout);
    fmt::print(stderr, "error: {}\n", one_line(message));
    return code;
}

/// Runs the program and turns whatever ends it into an exit code and a line that says what to do.
int run_reporting(int argc, char** argv) {
    try {
        run(argc, argv);
        check_output(stdout);
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
    } catch (const std::system_error& error) {
        // The reader, or the terminal, has gone: nobody is left to be told.
        if (error.code() == std::errc::broken_pipe || error.code() == std::errc::io_error)
            return exit_signal + SIGPIPE;
        return report(exit_runtime, fmt::format("{}, while printing, check what the output goes to",
                                                error.code().message()));
    } catch (const std::exception& error) {
        return report(exit_runtime,
                      fmt::format("{}, while running, check the disk and the output", error.what()));
    }
}

/// Standard streams that were closed would be given to the next files that are opened, and what is printed
/// would go into those.
void occupy_standard_streams() {
    int last = -1;
    do last = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (last >= 0 && last <= STDERR_FILENO);
    if (last > STDERR_FILENO) ::close(last);
}

}  // namespace
}  // namespace apps

int main(int argc, char** argv) {
    apps::occupy_standard_streams();
    std::signal(SIGPIPE, SIG_DFL);                  // a reader that has gone ends the program, quietly
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);  // a pipe sees each line when it is printed
    return apps::run_reporting(argc, argv);
}
