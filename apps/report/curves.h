#pragma once

#include <string>
#include <vector>

#include "apps/report/run_record.h"

namespace apps {

/// Loss and accuracy against epochs: of single batches, in training, and as measured at each epoch's end.
/// Empty if there is nothing to draw.
std::string draw_curves(const RunRecord& run);

/// Loss and accuracy, in training and as measured, each of all runs in one chart. Before a run's
/// first epoch, its batches stand for it.
std::string draw_compared_curves(const std::vector<RunRecord>& runs);

}  // namespace apps
