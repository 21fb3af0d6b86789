#include "apps/animator/resident_memory.h"

#include <fstream>

#include <unistd.h>

namespace apps {

double resident_memory() {
    std::ifstream file("/proc/self/statm");  // proc(5): size and resident, in pages
    double size = 0, resident = 0;
    return file >> size >> resident ? resident * static_cast<double>(::sysconf(_SC_PAGE_SIZE)) : 0;
}

}  // namespace apps
