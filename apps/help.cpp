#include <memory>
#include <string>
#include <vector>

#include "apps/commands.h"
#include "apps/help_text.h"
#include "apps/leftovers.h"

namespace apps {

Command add_help(CLI::App& command) {
    auto names = std::make_shared<std::vector<std::string>>();
    command.add_option("command", *names, "the command to explain; by default all are listed")
        ->type_name("COMMAND");
    return [names, program = command.get_parent()] {
        const CLI::App* named = program;
        for (const std::string& name : *names) {
            const CLI::App* inner = find_command(*named, name);
            if (inner == nullptr) reject_command(*named, name);
            named = inner;
        }
        print_help(*named, stdout);
    };
}

}  // namespace apps
