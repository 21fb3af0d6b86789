#pragma once

#include <string>
#include <vector>

#include "apps/command_description.h"

/// Scripts that let a shell complete the program's commands, flags and values.
namespace apps {

std::string bash_completion(const CommandDescription& program);
std::string zsh_completion(const CommandDescription& program);
std::string fish_completion(const CommandDescription& program);

/// The program and all commands below it, outer ones first.
std::vector<const CommandDescription*> all_commands(const CommandDescription& program);

/// The text as one word of a POSIX shell, in single quotes.
std::string shell_quoted(const std::string& text);

}  // namespace apps
