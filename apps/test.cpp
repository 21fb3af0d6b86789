#include <memory>
#include <string>

#include "apps/command_line_error.h"
#include "apps/commands.h"

namespace apps {

Command add_test(CLI::App& command) {
    const auto device = std::make_shared<std::string>();
    command.add_option("--device", *device, "only the tests of kernels, on this device")
        ->type_name("cuda|emulated");
    return [device] {
        throw CommandLineError("the tests are not part of the program", "in this build",
                               "run ./cifar_engine test in a source checkout: it builds and runs them");
    };
}

}  // namespace apps
