#pragma once

#include <utility>

namespace apps {

/// What the program tells the shell.
enum ExitCode {
    exit_done = 0,
    exit_runtime = 1,
    exit_usage = 2,
    exit_input = 3,
    exit_network = 4,
    exit_device = 5,
    exit_diverged = 6,
    exit_signal = 128  ///< plus the signal's number
};

/// For people.
inline constexpr std::pair<ExitCode, const char*> exit_codes[] = {
    {exit_done, "done"},
    {exit_runtime, "something failed while running, such as writing to a disk that is full"},
    {exit_usage, "the command line or a configuration makes no sense"},
    {exit_input, "a file that was given is missing, damaged or not what it should be"},
    {exit_network, "the network failed"},
    {exit_device, "the device is not there, or not in this build"},
    {exit_diverged, "training diverged: the loss is no longer a number"},
};

}  // namespace apps
