#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/report/run_record.h"

namespace apps {

/// A page of its own, which needs nothing from elsewhere: all of one run, or what can be compared of several.
std::string report_page(const std::vector<RunRecord>& runs);

/// Reads the runs and writes their page atomically. Throws InputError if one of them is no run, IoError if
/// the system refuses to write.
void write_report(const std::vector<std::filesystem::path>& runs, const std::filesystem::path& out);

}  // namespace apps
