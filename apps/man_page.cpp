#include "apps/man_page.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/commands.h"
#include "apps/exit_code.h"
#include "apps/help_text.h"
#include "apps/version.h"

namespace apps {
namespace {

using Entry = std::pair<const char*, const char*>;

constexpr const char* description =
    "cifar_engine trains a convolutional network with attention on CIFAR-10, on processors and on NVIDIA "
    "GPUs. "
    "It finds the data set or downloads it, shows how training comes along, and leaves a folder that holds "
    "the trained network, its metrics and its configuration. The same seed gives the same result, bit for "
    "bit, whatever the number of threads.";

constexpr const char* configuration =
    "Each flag of train that stands under a heading from Configuration to Device, and epochs, max-steps, "
    "seed, "
    "log-every and no-progress, is a setting. Its value is the default, unless the recipe gives "
    "another; that, unless the file of --config gives another; that, unless the command line does, by the "
    "setting's own flag or by --set. To give one setting twice on the command line is an error. A "
    "configuration "
    "file is TOML: one key = value a line, text in quotes, lists in brackets, no sections. Switches are true "
    "or false there.";

constexpr Entry file_entries[] = {
    {"runs/DATE_TIME/", "the folder of a run, unless --out names another; it holds the files below"},
    {"config.toml", "all settings of the run; train --config with it makes the same run again"},
    {"metrics.jsonl", "one JSON object a line: steps and epochs"},
    {"last.safetensors", "the network after the last epoch"},
    {"best.safetensors", "the network after its best epoch"},
    {"state.safetensors", "what train --resume needs"},
    {"~/.cache/cifar_engine/", "where data download puts CIFAR-10, and where it is looked for"},
};

constexpr Entry environment_entries[] = {
    {"CIFAR10_DIR", "folder with CIFAR-10's binary files: the first place where --data auto looks"},
    {"XDG_CACHE_HOME", "where the user's cache is, if not in ~/.cache"},
    {"NO_COLOR, TERM",
     "plain lines instead of a display that is redrawn, if NO_COLOR is set or TERM is dumb"},
    {"OMP_NUM_THREADS", "threads to compute with, unless --threads says so"},
    {"OMP_WAIT_POLICY", "passive: threads that wait for work give the processor away at once"},
    {"CUDA_VISIBLE_DEVICES", "which GPUs the program may see; it takes the first"},
};

/// Text that roff prints as it stands: no escapes, no requests, and plain ASCII quotes and dashes.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '\\':
                result += "\\e";
                break;
            case '-':
                result += "\\-";
                break;
            case '\'':
                result += "\\(aq";
                break;
            case '`':
                result += "\\(ga";
                break;
            case '^':
                result += "\\(ha";
                break;
            case '~':
                result += "\\(ti";
                break;
            default:
                result += c;
        }
    }
    return result.starts_with('.') ? "\\&" + result : result;
}

/// A paragraph; its source is broken into lines, none of which is taken for a request.
std::string paragraph(std::string_view text) {
    constexpr std::size_t width = 80;
    std::string lines;
    for (const std::string& line : wrapped(text, width)) lines += escaped(line) + "\n";
    return lines;
}

std::string entry(const std::string& name, std::string_view text) {
    return ".TP\n.B " + escaped(name) + "\n" + paragraph(text);
}

std::string entries(const char* section, const Entry* begin, const Entry* end) {
    std::string text = fmt::format(".SH {}\n", section);
    for (const Entry* one = begin; one != end; ++one) text += entry(one->first, one->second);
    return text;
}

std::string examples_of(const CommandDescription& command) {
    std::string text;
    for (const std::string& example : command.examples) text += escaped(example) + "\n";
    return text.empty() ? "" : ".nf\n" + text + ".fi\n";
}

std::string arguments_of(const CommandDescription& command) {
    std::string text;
    for (const ArgumentDescription& positional : command.positionals)
        text += entry(heading_of(positional), positional.help);
    for (const std::string& group : groups_of(command)) {
        std::string flags;
        for (const ArgumentDescription& flag : command.flags)
            if (flag.group == group) flags += entry(heading_of(flag), flag.help);
        // Where there is but one group, its name says nothing.
        if (groups_of(command).size() > 1) text += ".PP\n.I " + escaped(group) + "\n";
        text += flags;
    }
    return text;
}

std::string command_sections(const CommandDescription& command) {
    std::string text;
    for (const CommandDescription& inner : command.commands) {
        text += ".SS " + escaped(usage_line(inner)) + "\n" + paragraph(inner.help + ".");
        text += inner.commands.empty()
                    ? arguments_of(inner) + (inner.examples.empty() ? "" : ".PP\n") + examples_of(inner)
                    : command_sections(inner);
    }
    return text;
}

std::string exit_status() {
    std::string text = ".SH EXIT STATUS\n";
    for (const auto& [code, meaning] : exit_codes)
        text += entry(fmt::format("{}", static_cast<int>(code)), meaning);
    return text +
           entry("129, 130, 143", "interrupted by SIGHUP, SIGINT or SIGTERM; what was trained is saved") +
           entry("141", "the reader of the output has gone; what was trained is saved");
}

}  // namespace

std::string man_page(const CommandDescription& program) {
    return fmt::format(".TH CIFAR_ENGINE 1 {} \"{}\" \"User Commands\"\n", version_date(),
                       escaped(version_name())) +
           ".nh\n.ad l\n.SH NAME\ncifar_engine \\- train CIFAR\\-10 with a deep\\-learning engine written "
           "from "
           "scratch\n" +
           ".SH SYNOPSIS\n.B cifar_engine\n.I COMMAND\n[\\fIOPTIONS\\fR]\n" + ".SH DESCRIPTION\n" +
           paragraph(description) + ".SH OPTIONS\n" + arguments_of(program) + ".SH COMMANDS\n" +
           command_sections(program) + ".SH CONFIGURATION\n" + paragraph(configuration) + exit_status() +
           entries("FILES", std::begin(file_entries), std::end(file_entries)) +
           entries("ENVIRONMENT", std::begin(environment_entries), std::end(environment_entries)) +
           ".SH EXAMPLES\n" + examples_of(program);
}

Command add_man(CLI::App& command) {
    command.footer(
        "cifar_engine man | man -l -                         # read it\n"
        "cifar_engine man > ~/.local/share/man/man1/cifar_engine.1");
    return [program = command.get_parent()] { fmt::print("{}", man_page(describe(*program))); };
}

}  // namespace apps
