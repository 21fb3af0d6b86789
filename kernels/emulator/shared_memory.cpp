#include "kernels/emulator/shared_memory.h"

#include <algorithm>
#include <cstring>

#include "kernels/emulator/limits.h"

namespace kernels::emulator {

namespace {

Segment shared_segment(std::uintptr_t base, std::size_t size) {
    Segment segment;
    segment.base = base;
    segment.size = size;
    segment.shared = true;
    segment.state = static_cast<std::uint8_t*>(reserve(size / granule + 1));
    segment.cells = static_cast<Cell*>(reserve((size / granule + 1) * sizeof(Cell)));
    segment.fresh = static_cast<std::uint32_t*>(reserve((size / shared_line + 1) * sizeof(std::uint32_t)));
    return segment;
}

}  // namespace

SharedMemory::SharedMemory() : arrays_(shared_arrays()), touched_(arrays_.size()) {
    if (!arrays_.empty()) {
        const std::uintptr_t begin = arrays_.front().begin / shared_line * shared_line;
        const std::uintptr_t end = (arrays_.back().end + shared_line - 1) / shared_line * shared_line;
        static_ = shared_segment(begin, end - begin);
        for (const SharedArray& array : arrays_) static_.set_state(array.begin, array.end, true, false);
    }
    // Twice what any launch may have: pointers that run over the end stay within.
    constexpr std::size_t size = 2 * limits::shared_bytes_opt_in / 4096 * 4096;
    dynamic_ = shared_segment(reinterpret_cast<std::uintptr_t>(reserve(size)), size);
}

void SharedMemory::start_launch(std::size_t dynamic_bytes) {
    if (dynamic_bytes_ != 0) dynamic_.set_state(dynamic_.base, dynamic_.base + dynamic_bytes_, false, false);
    if (dynamic_bytes != 0) dynamic_.set_state(dynamic_.base, dynamic_.base + dynamic_bytes, true, false);
    dynamic_bytes_ = dynamic_bytes;
    static_bytes_ = 0;
    std::fill(touched_.begin(), touched_.end(), false);
}

void SharedMemory::make_line_fresh(const Segment& segment, std::size_t line) {
    segment.fresh[line] = block_time_;
    const std::uintptr_t begin = segment.base + line * shared_line;
    if (&segment == &static_) count_arrays(begin, begin + shared_line);
    for (std::uintptr_t at = begin; at < begin + shared_line; at += granule) {
        std::uint8_t& bits = segment.state[(at - segment.base) / granule];
        bits &= 0x0f;
        for (unsigned byte = 0; byte < granule; ++byte)
            if (bits >> byte & 1U) *reinterpret_cast<unsigned char*>(at + byte) = 0xff;
    }
}

void SharedMemory::count_arrays(std::uintptr_t begin, std::uintptr_t end) {
    auto array = std::partition_point(arrays_.begin(), arrays_.end(),
                                      [&](const SharedArray& a) { return a.end <= begin; });
    for (; array != arrays_.end() && array->begin < end; ++array) {
        const auto index = static_cast<std::size_t>(array - arrays_.begin());
        if (touched_[index]) continue;
        touched_[index] = true;
        static_bytes_ += array->end - array->begin;
    }
}

std::string SharedMemory::describe(std::uintptr_t address) const {
    if (dynamic_.contains(address))
        return "dynamic shared memory + " + std::to_string(address - dynamic_.base) + " bytes (of " +
               std::to_string(dynamic_bytes_) + ")";
    const auto after = std::partition_point(arrays_.begin(), arrays_.end(),
                                            [&](const SharedArray& a) { return a.begin <= address; });
    if (after == arrays_.begin()) return "no shared array";
    const SharedArray& array = *std::prev(after);
    const auto name = array.name.rfind("::");
    return array.name.substr(name == std::string::npos ? 0 : name + 2) + " + " +
           std::to_string(address - array.begin) + " bytes (of " + std::to_string(array.end - array.begin) +
           ")";
}

}  // namespace kernels::emulator
