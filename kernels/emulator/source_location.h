#pragma once

#include <cstdint>
#include <string>

#include "kernels/emulator/report.h"

/// From addresses in the program to names and lines, by its debug information: slow, and only for reports.
namespace kernels::emulator {

/// An address of code as the shadow keeps it: relative to where the program was loaded. 0 is none.
std::uint32_t site_of(const void* return_address);

/// The line of the call that returns to this address: the innermost one that is not in the emulator's own
/// headers.
SourcePlace place_of(std::uint32_t site);

/// The function that begins at this address: "kernels::emulated::transpose(float*)".
std::string function_name(const void* function);

}  // namespace kernels::emulator
