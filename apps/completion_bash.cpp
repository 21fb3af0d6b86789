#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/completion.h"

namespace apps {
namespace {

constexpr const char* bash_head =
    R"bash(# What bash completes for cifar_engine; printed by `cifar_engine completion bash`.

# Each of these adds what a value may be to COMPREPLY.
_cifar_engine_choices() {
    local choice
    for choice in "${@:2}"; do [[ $choice != "$1"* ]] || COMPREPLY+=("$choice"); done
}
_cifar_engine_list() {  # the last of several, with commas between
    local choice before=
    [[ $1 != *,* ]] || before=${1%,*},
    for choice in "${@:2}"; do [[ $before$choice != "$1"* ]] || COMPREPLY+=("$before$choice"); done
    compopt -o nospace 2>/dev/null
}
_cifar_engine_folders() {
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -d -- "$1")
}
_cifar_engine_files() {  # folders, and files with the ending $2
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        [[ ! -d $name && $name != *"$2" ]] || COMPREPLY+=("$name")
    done < <(compgen -f -- "$1")
}

_cifar_engine() {
    local words=() current command= flag value kept i
    # Bash takes words apart at = and :, here they are whole.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i > 1)) && [[ ${COMP_WORDS[i]} == [=:]* || ${COMP_WORDS[i - 1]} == *[=:] ]]; then
            words[${#words[@]} - 1]+=${COMP_WORDS[i]}
        else
            words+=("${COMP_WORDS[i]}")
        fi
    done
    current=${words[${#words[@]} - 1]}
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        case "$command ${words[i]}" in
)bash";

constexpr const char* middle = R"bash(        esac
    done
    flag=${words[${#words[@]} - 2]} value=$current
    [[ $current != --*=* ]] || flag=${current%%=*} value=${current#*=}
    COMPREPLY=()
    case "$command $flag" in
)bash";

constexpr const char* bash_tail = R"bash(            esac
            ;;
    esac
    # Bash replaces only what follows the last = or :.
    kept=${value%"${value##*[=:]}"}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
}
complete -F _cifar_engine cifar_engine
)bash";

/// What completes a value, in the script's own words; empty: nothing does.
std::string bash_action(const ValueForm& form) {
    std::string action;
    if (!form.choices.empty())
        action += fmt::format("_cifar_engine_{} \"$value\" {}; ", form.is_list ? "list" : "choices",
                              fmt::join(form.choices, " "));
    if (form.is_file) action += fmt::format("_cifar_engine_files \"$value\" {}; ", shell_quoted(form.suffix));
    if (form.is_folder && !form.is_file) action += "_cifar_engine_folders \"$value\"; ";
    return action.empty() ? ":" : action.substr(0, action.size() - 2);
}

std::string case_branch(const std::vector<std::string>& patterns, const std::string& action) {
    return fmt::format("        {}) {} ;;\n", fmt::join(patterns, " | "), action);
}

/// One branch for each way to complete, with all flags that are completed so.
std::string value_branches(const std::vector<const CommandDescription*>& commands) {
    std::map<std::string, std::vector<std::string>> patterns;
    for (const CommandDescription* command : commands)
        for (const ArgumentDescription& flag : command->flags)
            for (const std::string& name : flag.names)
                if (!flag.value.empty())
                    patterns[bash_action(flag.form)].push_back(shell_quoted(command->command() + " " + name));
    std::string branches;
    for (const auto& [action, flags] : patterns) branches += case_branch(flags, action);
    return branches;
}

/// Where no value is due: flags, commands, arguments without a name.
std::string word_branches(const std::vector<const CommandDescription*>& commands) {
    std::string branches;
    for (const CommandDescription* command : commands) {
        std::vector<std::string> flags;
        for (const ArgumentDescription& flag : command->flags)
            flags.insert(flags.end(), flag.names.begin(), flag.names.end());
        ValueForm form = form_of_positionals(*command);
        for (const CommandDescription& inner : command->commands) form.choices.push_back(inner.name);
        const std::string name = command->command();
        branches += case_branch({shell_quoted(name + " ") + "-*"},
                                fmt::format("_cifar_engine_choices \"$value\" {}", fmt::join(flags, " ")));
        branches += case_branch({shell_quoted(name + " ") + "*"}, bash_action(form));
    }
    return branches;
}

}  // namespace

std::string bash_completion(const CommandDescription& program) {
    const std::vector<const CommandDescription*> commands = all_commands(program);
    std::string steps;
    for (const CommandDescription* command : commands)
        for (const CommandDescription& inner : command->commands)
            steps += fmt::format("            {}) command={} ;;\n",
                                 shell_quoted(command->command() + " " + inner.name),
                                 shell_quoted(inner.command()));
    return bash_head + steps + middle + value_branches(commands) +
           "        *)\n            case \"$command $current\" in\n" + word_branches(commands) + bash_tail;
}

}  // namespace apps
