#pragma once

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "apps/command_description.h"

namespace apps {

/// What --help prints of a command: usage, commands, flags in their groups, examples; no line is wider than
/// `width` columns unless a single word is.
std::string help_text(const CommandDescription& command, std::size_t width);

/// Prints that, as wide as the terminal is, within reason.
void print_help(const CLI::App& command, std::FILE* stream);

/// "cifar_engine data COMMAND", "cifar_engine eval [OPTIONS]".
std::string usage_line(const CommandDescription& command);

/// "-h, --help", "--lr X", "DIR".
std::string heading_of(const ArgumentDescription& argument);

/// The headings of the flags, in the order of the help: as they first appear, CLI11's own last.
std::vector<std::string> groups_of(const CommandDescription& command);

/// Lines of at most `width` columns, broken at spaces.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace apps
