#pragma once

namespace apps {

/// Bytes of this process that lie in the machine's memory now; 0 if the system does not say.
double resident_memory();

}  // namespace apps
