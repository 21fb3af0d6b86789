#include "kernels/emulator/ptx.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/emulator/calls.h"
#include "kernels/emulator/language.h"
#include "kernels/emulator/matrix.h"
#include "kernels/emulator/source_location.h"

namespace kernels::emulator {
namespace {

constexpr unsigned whole_warp = 0xffffffffU;

void multiply(WarpOperation operation, float* d, const unsigned* a, const unsigned* b, const void* site) {
    const MatrixFragments fragments{d, a, b};
    const Request request{operation, whole_warp, address_of(&fragments), 0, 32, 0};
    in_emulator([&](Execution& e) { e.warp_operation(request, site); });
}

}  // namespace

void start_async_copy(void* shared, const void* global, int bytes, int source_bytes) {
    const void* site = __builtin_return_address(0);
    in_emulator([&](Execution& e) {
        e.start_async_copy({address_of(shared), address_of(global), static_cast<unsigned>(bytes),
                            static_cast<unsigned>(source_bytes), site_of(site)});
    });
}

void commit_async_copies() {
    in_emulator([](Execution& e) { e.commit_async_copies(); });
}

void wait_async_copies(int pending) {
    in_emulator([&](Execution& e) { e.wait_async_copies(static_cast<unsigned>(pending)); });
}

void load_matrices(unsigned* registers, const void* row, int count, bool transposed) {
    const void* site = __builtin_return_address(0);
    const MatrixLoad load{registers, row, count, transposed};
    const Request request{WarpOperation::load_matrix, whole_warp, address_of(&load), count, 32, 0};
    in_emulator([&](Execution& e) {
        if (e.current() % lanes < 8 * static_cast<unsigned>(count))
            e.shared_row_access(address_of(row), 16, site);
        if (!e.given_up()) e.warp_operation(request, site);
    });
}

void multiply_bf16(float* d, const unsigned* a, const unsigned* b) {
    multiply(WarpOperation::multiply_bf16, d, a, b, __builtin_return_address(0));
}

void multiply_tf32(float* d, const unsigned* a, const unsigned* b) {
    multiply(WarpOperation::multiply_tf32, d, a, b, __builtin_return_address(0));
}

unsigned round_to_tf32(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    if (!std::isfinite(x)) return bits;
    return (bits + 0x1000U) & 0xffffe000U;
}

}  // namespace kernels::emulator
