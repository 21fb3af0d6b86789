#pragma once

#include <string>

#include "apps/report/run_record.h"

/// What a page says of one run besides its curves. Each function returns markup.
namespace apps {

/// The final figures, large.
std::string figure_tiles(const RunRecord& run);
/// Accuracy of each class as a bar, and what it is mostly taken for.
std::string class_table(const Analysis& analysis);
/// The most confident mistakes as pictures.
std::string mistake_pictures(const Analysis& analysis);
/// The first layer's filters as pictures.
std::string filter_pictures(const Analysis& analysis);
/// Where the time went; empty if no epoch says.
std::string time_breakdown(const RunRecord& run);
std::string configuration_table(const RunRecord& run);
/// What the curves show, in numbers.
std::string epoch_table(const RunRecord& run);

}  // namespace apps
