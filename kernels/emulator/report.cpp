#include "kernels/emulator/report.h"

#include <utility>

namespace kernels::emulator {

const char* name(Kind kind) {
    switch (kind) {
        case Kind::shared_race:
            return "race in shared memory";
        case Kind::global_race:
            return "race in global memory";
        case Kind::mixed_atomic:
            return "race of atomic and plain access";
        case Kind::barrier_divergence:
            return "barrier divergence";
        case Kind::warp_mask:
            return "wrong warp mask";
        case Kind::out_of_bounds:
            return "access out of bounds";
        case Kind::use_after_free:
            return "use after free";
        case Kind::host_memory:
            return "access to host memory";
        case Kind::misaligned:
            return "misaligned access";
        case Kind::uninitialised:
            return "read of uninitialised memory";
        case Kind::launch_limits:
            return "launch beyond the hardware's limits";
        case Kind::leak:
            return "leak";
        case Kind::no_progress:
            return "no progress";
    }
    return "?";
}

namespace {

std::string joined(const std::vector<Report>& reports) {
    std::string text;
    for (const Report& report : reports) text += (text.empty() ? "" : "\n") + report.text;
    return text;
}

}  // namespace

ReportError::ReportError(std::vector<Report> found) : DeviceError(joined(found)), reports(std::move(found)) {}

}  // namespace kernels::emulator
