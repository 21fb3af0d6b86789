#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

/// The command line as data, read off its one definition: what the help, the man page and the shells'
/// completions are made from.
namespace apps {

/// What a value may be, read off the way it is written in the help: alternatives with | between. Words in
/// small letters stand for themselves; those in capitals for something else, DIR, RUN or FILE.toml for a name
/// in the file system, COMMAND for the program's commands. ",..." at the end makes a list of it.
struct ValueForm {
    std::vector<std::string> choices;
    bool is_file = false, is_folder = false, is_list = false;
    std::string suffix;  ///< of such a file, ".toml"; empty: any
};

/// A flag, or an argument without a name.
struct ArgumentDescription {
    std::vector<std::string> names;  ///< "-h", "--help"; empty for an argument without a name
    std::string value;               ///< how a value is written, "auto|DIR"; empty for a switch
    ValueForm form;                  ///< what that means
    std::string help;
    std::string group;  ///< the heading that it stands under
    bool repeats;       ///< may be given again and again
};

struct CommandDescription {
    std::string path;  ///< "cifar_engine data verify"
    std::string name;  ///< "verify"
    std::string help;
    std::vector<ArgumentDescription> flags, positionals;
    std::vector<CommandDescription> commands;
    std::vector<std::string> examples;  ///< lines for a shell, from the command's footer

    /// The path without the program's name: "data verify".
    std::string command() const;
};

/// `parent`: the path of the command that this one belongs to.
CommandDescription describe(const CLI::App& app, const std::string& parent = "");

/// The forms of the values of all positionals, one after the other.
ValueForm form_of_positionals(const CommandDescription& command);

}  // namespace apps
