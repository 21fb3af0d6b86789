#include <memory>
#include <string>

#include "apps/command_line_error.h"
#include "apps/commands.h"

namespace apps {

Command add_bench(CLI::App& command) {
    const auto device = std::make_shared<std::string>();
    command.add_option("--device", *device, "the kernels of this device; by default those of the cpu")
        ->type_name("cuda|emulated");
    return [device] {
        throw CommandLineError("the benchmarks are not part of the program", "in this build",
                               "run ./cifar_engine bench in a source checkout: it builds and runs them");
    };
}

}  // namespace apps
