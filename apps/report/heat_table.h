#pragma once

#include <string>

#include "apps/report/analysis.h"

/// Tables whose cells are coloured by what they hold, from the page's background at 0 to full at 1.
namespace apps {

/// Images by class (rows) and prediction (columns). Coloured by the share of the row, by its root, so that
/// rare confusions show.
std::string confusion_table(const Analysis& analysis);

/// The mean of a1, a2, a3 for each class, one table for each block, coloured from 0 to the block's largest;
/// in the last row, for what share of the images a branch is off.
std::string attention_tables(const Analysis& analysis);

}  // namespace apps
