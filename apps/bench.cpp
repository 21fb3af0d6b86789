#include "apps/command_line_error.h"
#include "apps/commands.h"

namespace apps {

Command add_bench(CLI::App&) {
    return [] {
        throw CommandLineError("the benchmarks are not part of the program", "in this build",
                               "run ./cifar_engine bench in a source checkout: it builds and runs them");
    };
}

}  // namespace apps
