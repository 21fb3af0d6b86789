#include "apps/completion.h"

#include <memory>
#include <string>

#include <fmt/format.h>

#include "apps/command_line_error.h"
#include "apps/commands.h"

namespace apps {

std::vector<const CommandDescription*> all_commands(const CommandDescription& program) {
    std::vector<const CommandDescription*> all{&program};
    for (const CommandDescription& inner : program.commands)
        for (const CommandDescription* command : all_commands(inner)) all.push_back(command);
    return all;
}

std::string shell_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + "'";
}

Command add_completion(CLI::App& command) {
    auto shell = std::make_shared<std::string>();
    command.add_option("shell", *shell, "the shell to print a script for")->type_name("bash|zsh|fish");
    command.footer(
        "source <(cifar_engine completion bash)              # in ~/.bashrc\n"
        "source <(cifar_engine completion zsh)               # in ~/.zshrc, after compinit\n"
        "cifar_engine completion fish | source               # in ~/.config/fish/config.fish");
    return [shell, program = command.get_parent()] {
        const CommandDescription description = describe(*program);
        if (*shell == "bash") return fmt::print("{}", bash_completion(description));
        if (*shell == "zsh") return fmt::print("{}", zsh_completion(description));
        if (*shell == "fish") return fmt::print("{}", fish_completion(description));
        throw CommandLineError(shell->empty() ? "no shell is given" : "the shell is '" + *shell + "'",
                               "after completion", "give one: bash, zsh or fish");
    };
}

}  // namespace apps
