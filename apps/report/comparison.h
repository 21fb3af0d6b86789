#pragma once

#include <string>
#include <vector>

#include "apps/report/run_record.h"

/// Tables that set runs side by side. Each function returns markup, empty if there is nothing to compare.
namespace apps {

/// A row for each run, in the colour of its curves.
std::string compared_figures(const std::vector<RunRecord>& runs);
/// The settings that are not the same in all runs.
std::string compared_configurations(const std::vector<RunRecord>& runs);
/// Accuracy of each class, for the runs that have an analysis of the same classes as the first that has one.
std::string compared_classes(const std::vector<RunRecord>& runs);

}  // namespace apps
