#pragma once

#include <string>
#include <vector>

#include "kernels/common/device.h"

namespace kernels::emulator {

/// What a kernel, or the host code around it, did wrong. docs/emulator.md has the rule behind each.
enum class Kind {
    shared_race,         ///< two threads of a block, shared memory, at least one writes, nothing between them
    global_race,         ///< the same in global memory, between any two threads of a launch
    mixed_atomic,        ///< a race of an atomic access with one that is not
    barrier_divergence,  ///< threads of a block wait at different barriers, or some wait where others never
                         ///< come
    warp_mask,           ///< a mask names a lane that will not come, or not the caller
    out_of_bounds,       ///< access outside any live allocation or array
    use_after_free,
    host_memory,    ///< a kernel used a pointer to memory that only the host has
    misaligned,     ///< an access that its own width does not divide
    uninitialised,  ///< a read of memory that nobody wrote
    launch_limits,  ///< grid, block or shared memory beyond the hardware's limits
    leak,
    no_progress,  ///< a thread that seems to loop for ever
};

/// "shared-memory race", "barrier divergence", ...
const char* name(Kind kind);

struct Position {
    unsigned x = 0, y = 0, z = 0;
    bool operator==(const Position&) const = default;
};

/// A line of a source file; file "" where there is none.
struct SourcePlace {
    std::string file;
    int line = 0;
};

struct Report {
    Kind kind{};
    std::string kernel;             ///< "kernels::emulated::transpose(float*, float const*)"
    SourcePlace where;              ///< of the access, barrier or intrinsic
    SourcePlace other;              ///< of the earlier access of a race, the other barrier of a divergence
    Position block;                 ///< in which it was found
    std::vector<Position> threads;  ///< the accused: one or two
    Position other_block;           ///< of the second thread
    std::string memory;             ///< "tile + 12 bytes", "allocation of 400 bytes at 0x... + 404 bytes"
    std::string text;               ///< all of it, for people
};

/// Thrown by a launch, or by an API call, that was found wrong. The device stays usable.
struct ReportError : DeviceError {
    explicit ReportError(std::vector<Report> found);
    std::vector<Report> reports;
};

}  // namespace kernels::emulator
