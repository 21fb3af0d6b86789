#pragma once

#include <string>

#include <CLI/CLI.hpp>

/// What stands on the command line and means nothing there, or is missing. CLI11 only collects it, so that
/// the message can say what was probably meant.
namespace apps {

/// Throws CommandLineError if something was left over, or a flag stands where another's value should, here or
/// in the commands that were given.
void reject_leftovers(const CLI::App& app);

/// The command of that name; null if there is none.
const CLI::App* find_command(const CLI::App& app, const std::string& name);

/// Throws CommandLineError for a command that does not exist.
[[noreturn]] void reject_command(const CLI::App& app, const std::string& name);

/// Throws CommandLineError for a flag without its value.
[[noreturn]] void reject_missing_value(const std::string& flag);

}  // namespace apps
