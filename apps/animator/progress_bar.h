#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace apps {

/// How far a training has come, and how well.
struct ProgressStatus {
    std::int64_t epoch, epochs;   ///< from 1
    std::int64_t batch, batches;  ///< of this epoch
    double loss, accuracy;        ///< of this epoch so far
    double images_per_second;     ///< of this epoch so far
    double seconds_left;          ///< to the end of the training
    double memory;                ///< bytes in use
};

/// A status as one line with a bar if all has room there, else as two if `most_lines` allows it, else as one
/// from which the less important is left out. No line is longer than `columns`; all is ASCII.
std::vector<std::string> progress_lines(const ProgressStatus& status, int columns, int most_lines);

}  // namespace apps
