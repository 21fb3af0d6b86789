#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kernels::emulator {

/// Where the program was loaded: what to add to an address in its file.
std::uintptr_t load_address();

/// A __shared__ array: a static of a function in kernels::emulated.
struct SharedArray {
    std::uintptr_t begin, end;
    std::string name;  ///< "kernels::emulated::transpose(float*)::tile"
};

/// All of the program, by address, read once from its own symbol table. The section attribute would name
/// them, too, but gcc ignores it on the statics of templates. Throws DeviceError if the program was stripped.
const std::vector<SharedArray>& shared_arrays();

}  // namespace kernels::emulator
