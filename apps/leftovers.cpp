#include "apps/leftovers.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/command_description.h"
#include "apps/command_line_error.h"
#include "apps/nearest_name.h"

namespace apps {
namespace {

const CLI::App& program_of(const CLI::App& app) {
    const CLI::App* program = &app;
    while (program->get_parent() != nullptr) program = program->get_parent();
    return *program;
}

std::vector<std::string> flag_names(const CommandDescription& command) {
    std::vector<std::string> names;
    for (const ArgumentDescription& flag : command.flags)
        names.insert(names.end(), flag.names.begin(), flag.names.end());
    return names;
}

/// Adds those commands, as they are typed, that have this flag.
void find_owners(const CommandDescription& command, const std::string& flag,
                 std::vector<std::string>& owners) {
    const std::vector<std::string> names = flag_names(command);
    if (std::ranges::find(names, flag) != names.end()) owners.push_back(command.command());
    for (const CommandDescription& inner : command.commands) find_owners(inner, flag, owners);
}

/// Where a command of that name is, as it is typed; empty if nowhere.
std::string path_of(const CommandDescription& command, const std::string& name) {
    for (const CommandDescription& inner : command.commands) {
        if (inner.name == name) return inner.command();
        if (const std::string path = path_of(inner, name); !path.empty()) return path;
    }
    return "";
}

[[noreturn]] void reject_flag(const CLI::App& app, const std::string& name) {
    const std::string nearest = nearest_name(name, flag_names(describe(app)));
    std::vector<std::string> owners;
    find_owners(describe(program_of(app)), name, owners);
    std::string remedy = "see --help for what there is";
    if (!owners.empty() && app.get_parent() == nullptr)
        remedy =
            fmt::format("write it after the command, like: {} {} {}", app.get_name(), owners.front(), name);
    else if (!owners.empty())
        remedy = fmt::format("it is a flag of: {}", fmt::join(owners, ", "));
    else if (!nearest.empty())
        remedy = "did you mean '" + nearest + "'?";
    throw CommandLineError("unknown flag '" + name + "'", "in the arguments of " + app.get_name(), remedy);
}

/// CLI11 takes whatever follows a flag that needs a value, even another flag.
void reject_swallowed_flags(const CLI::App& app) {
    for (const CLI::Option* option : app.get_options())
        for (const std::string& value : option->results())
            if (value.starts_with('-') &&
                app.get_option_no_throw(value.substr(0, value.find('='))) != nullptr)
                reject_missing_value(option->get_name());
}

}  // namespace

void reject_missing_value(const std::string& flag) {
    throw CommandLineError(flag + " has no value", "on the command line",
                           "write one after it; --help shows its form");
}

void reject_command(const CLI::App& app, const std::string& name) {
    std::vector<std::string> names;
    for (const CommandDescription& inner : describe(app).commands) names.push_back(inner.name);
    std::string meant = path_of(describe(program_of(app)), name);
    if (meant.empty()) meant = nearest_name(name, names);
    throw CommandLineError("unknown command '" + name + "'", "in the arguments of " + app.get_name(),
                           meant.empty() ? "see --help for what there is" : "did you mean '" + meant + "'?");
}

void reject_leftovers(const CLI::App& app) {
    for (const CLI::App* command : app.get_subcommands()) reject_leftovers(*command);
    reject_swallowed_flags(app);
    const std::vector<std::string> leftovers = app.remaining();
    if (leftovers.empty()) return;
    const std::string name = leftovers.front().substr(0, leftovers.front().find('='));
    if (name.starts_with('-') && name.size() > 1) reject_flag(app, name);
    if (app.get_subcommands().empty() && !describe(app).commands.empty()) reject_command(app, name);
    throw CommandLineError("unexpected argument '" + leftovers.front() + "'",
                           "in the arguments of " + app.get_name(), "remove it, or see --help");
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
    for (const CLI::App* inner : app.get_subcommands([](const CLI::App*) { return true; }))
        if (inner->get_name() == name) return inner;
    return nullptr;
}

}  // namespace apps
