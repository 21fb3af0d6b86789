#pragma once

#include <string>
#include <vector>

#include "apps/report/run_record.h"

/// Final figures of a run, one way for one run, another for several.
namespace apps {

/// One figure of a run.
struct Figure {
    std::string name, value;
    std::string note;  ///< may be empty
};

/// What a run has reached, as far as is known: the most important first.
std::vector<Figure> figures_of(const RunRecord& run);

/// Total of the epochs' times, in seconds.
double total_seconds(const RunRecord& run);
/// In training, the median of all step events; NaN without any.
double median_images_per_second(const RunRecord& run);

}  // namespace apps
