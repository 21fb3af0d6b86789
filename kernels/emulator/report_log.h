#pragma once

#include <string>
#include <vector>

#include "kernels/emulator/report.h"

namespace kernels::emulator {

/// Where reports go: to the collector, if there is one, or into the exception that ends the launch.
class ReportLog {
  public:
    static ReportLog& instance();

    /// Writes the report's text and keeps it; one that says the same as an earlier one is dropped.
    void add(Report report, const std::string& what);
    /// Was something found that nobody collects?
    bool pending() const { return collectors_ == 0 && !reports_.empty(); }
    /// Throws ReportError if so.
    void throw_pending();

    void start_collecting();
    void stop_collecting();
    const std::vector<Report>& reports() const { return reports_; }

  private:
    int collectors_ = 0;
    std::vector<Report> reports_;
};

}  // namespace kernels::emulator
