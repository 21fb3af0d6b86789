#pragma once

#include "apps/config.h"

namespace apps {

/// Throws engine::Error if this machine has less memory than the training needs at the very least. Refused
/// here it costs nothing; the system would let it begin, and then kill whichever process it likes.
void require_memory(const Config& config);

}  // namespace apps
