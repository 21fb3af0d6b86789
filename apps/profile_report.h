#pragma once

#include <filesystem>

#include "engine/profile.h"
#include "kernels/common/peak.h"

namespace apps {

inline constexpr const char* profile_help = "print where the time goes, and write a trace of it here";

/// What --profile FILE does. See docs/profiling.md.
class ProfileReport {
  public:
    /// Throws CommandLineError or IoError if the file could not be written; changes nothing.
    static void check_writable(const std::filesystem::path& file);

    /// Measures the machine's peaks, then begins to watch this thread.
    explicit ProfileReport(std::filesystem::path file);

    /// Ends the watch and writes the trace, in the Trace Event Format that ui.perfetto.dev and
    /// chrome://tracing open.
    void write_trace();
    /// Prints where the time went: by phase, by op, by layer. To be called after write_trace().
    void print() const;

  private:
    std::filesystem::path file_;
    kernels::Peaks peaks_;
    engine::Profiler profiler_;
};

}  // namespace apps
