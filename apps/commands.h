#pragma once

#include <functional>

#include <CLI/CLI.hpp>

/// The subcommands, one file each. Each adds itself to the program and returns what runs it, once its
/// arguments were read.
namespace apps {

using Command = std::function<void()>;

Command add_train(CLI::App& command);
Command add_config(CLI::App& command);
Command add_eval(CLI::App& command);
Command add_predict(CLI::App& command);
Command add_report(CLI::App& command);
Command add_summary(CLI::App& command);
Command add_graph(CLI::App& command);
Command add_export(CLI::App& command);
Command add_data(CLI::App& command);
Command add_doctor(CLI::App& command);
Command add_completion(CLI::App& command);
Command add_man(CLI::App& command);
Command add_help(CLI::App& command);
Command add_test(CLI::App& command);
Command add_bench(CLI::App& command);

}  // namespace apps
