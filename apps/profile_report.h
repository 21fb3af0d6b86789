#pragma once

#include <filesystem>

#include "apps/compute_device.h"
#include "engine/profile.h"
#include "kernels/common/peak.h"

namespace apps {

inline constexpr const char* profile_help = "print where the time goes, and write a trace of it here";

/// What --profile FILE does. See docs/profiling.md.
class ProfileReport {
  public:
    /// Throws CommandLineError or IoError if the file could not be written; changes nothing.
    static void check_writable(const std::filesystem::path& file);

    /// Measures the machine's peaks, if it computes on the CPU, then begins to watch this thread.
    ProfileReport(std::filesystem::path file, ComputeDevice compute);

    /// Ends the watch and writes the trace, in the Trace Event Format that ui.perfetto.dev and
    /// chrome://tracing open.
    void write_trace();
    /// Prints where the time went: by phase, by op, by layer. To be called after write_trace().
    void print() const;

  private:
    std::filesystem::path file_;
    ComputeDevice compute_;
    kernels::Peaks peaks_;  ///< zeros: not known
    engine::Profiler profiler_;
};

}  // namespace apps
