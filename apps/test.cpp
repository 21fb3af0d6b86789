#include "apps/command_line_error.h"
#include "apps/commands.h"

namespace apps {

Command add_test(CLI::App&) {
    return [] {
        throw CommandLineError("the tests are not part of the program", "in this build",
                               "run ./cifar_engine test in a source checkout: it builds and runs them");
    };
}

}  // namespace apps
