#include <cstdint>

#include <link.h>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/report_log.h"
#include "kernels/emulator/source_location.h"

// What happens at each access of a kernel to memory that is not its own stack.

// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern "C" {
[[gnu::weak]] extern const char __start_emulated_constant[];
[[gnu::weak]] extern const char __stop_emulated_constant[];
}
// NOLINTEND(readability-identifier-naming)

namespace kernels::emulator {
namespace {

const char* verb(Access access) {
    return access == Access::read ? "reads" : access == Access::write ? "writes" : "updates atomically";
}

/// Constant tables of the program, and __constant__ variables.
bool is_constant(std::uintptr_t begin, std::uintptr_t end) {
    if (begin >= reinterpret_cast<std::uintptr_t>(__start_emulated_constant) &&
        end <= reinterpret_cast<std::uintptr_t>(__stop_emulated_constant))
        return true;
    struct Wanted {
        std::uintptr_t begin, end;
        bool found;
    } wanted{begin, end, false};
    const auto look = [](dl_phdr_info* info, std::size_t, void* out) {
        auto& range = *static_cast<Wanted*>(out);
        for (int i = 0; i < info->dlpi_phnum; ++i) {
            const auto& header = info->dlpi_phdr[i];
            if (header.p_type != PT_LOAD || (header.p_flags & PF_W) != 0) continue;
            const std::uintptr_t low = info->dlpi_addr + header.p_vaddr;
            range.found |= range.begin >= low && range.end <= low + header.p_memsz;
        }
        return 1;  // the program only
    };
    dl_iterate_phdr(look, &wanted);
    return wanted.found;
}

bool is_fatal(Kind kind) {
    return kind != Kind::shared_race && kind != Kind::global_race && kind != Kind::mixed_atomic &&
           kind != Kind::uninitialised;
}

}  // namespace

void Execution::report(Kind kind, std::uint32_t site, const std::string& what, const std::string& memory) {
    Report report = describe(kind, site, current_);
    report.memory = memory;
    ReportLog::instance().add(report, what);
    given_up_ = is_fatal(kind);
}

void Execution::access(std::uintptr_t address, std::size_t bytes, bool aligned, Access access,
                       const void* pc) {
    access_at(address, bytes, aligned, access, site_of(pc));
}

void Execution::shared_row_access(std::uintptr_t address, std::size_t bytes, const void* pc) {
    if (shared_.segment_of(address) == nullptr)
        return report(Kind::out_of_bounds, site_of(pc), "ldmatrix from what is not shared memory");
    access_at(address, bytes, true, Access::read, site_of(pc));
}

void Execution::access_at(std::uintptr_t address, std::size_t bytes, bool aligned, Access access,
                          std::uint32_t site) {
    if (--patience_ < 0) return report(Kind::no_progress, site, "it loops, as it seems, for ever");
    const Segment* segment = &memory_.segment();
    if (!segment->contains(address)) {
        segment = shared_.segment_of(address);
        if (segment == nullptr) return access_elsewhere(address, bytes, access, site);
        shared_.make_fresh(*segment, address, address + bytes);
    }
    if (aligned && address % bytes != 0)
        return report(Kind::misaligned, site,
                      std::string(verb(access)) + " " + std::to_string(bytes) +
                          " bytes that do not start at a multiple of it",
                      describe_memory(*segment, address));
    check_state(*segment, address, bytes, access, site);
    if (given_up_) return;
    check_race(*segment, address, bytes, access, site);
    if (counters_.on()) counters_.record(current_, site, segment->shared, access, address, bytes);
}

void Execution::check_state(const Segment& segment, std::uintptr_t address, std::size_t bytes, Access access,
                            std::uint32_t site) {
    const std::uintptr_t end = address + bytes;
    bool uninitialised = false;
    for (std::uintptr_t at = address / granule * granule; at < end; at += granule) {
        std::uint8_t& bits = segment.state[(at - segment.base) / granule];
        if (bits == 0xff) continue;
        const unsigned mask = byte_mask(at, address, end);
        if ((bits & mask) != mask) return report_bad_memory(segment, address, bytes, access, site);
        uninitialised |= access != Access::write && (bits >> 4 & mask) != mask;
        bits = static_cast<std::uint8_t>(bits | mask << 4);  // from a reader's report on, too: one is enough
    }
    if (uninitialised)
        report(Kind::uninitialised, site,
               std::string(verb(access)) + " " + std::to_string(bytes) +
                   (async_copies_.writes_to(address) ? " bytes that a cp.async has yet to bring"
                                                     : " bytes that nobody wrote"),
               describe_memory(segment, address));
}

void Execution::check_race(const Segment& segment, std::uintptr_t address, std::size_t bytes, Access access,
                           std::uint32_t site) {
    if (access == Access::atomic) ordering_.atomic_access(current_, address);
    const std::uintptr_t end = address + bytes;
    std::optional<Conflict> first;
    for (std::uintptr_t at = address / granule * granule; at < end; at += granule) {
        const auto conflict =
            races_.access(segment.cells[(at - segment.base) / granule], byte_mask(at, address, end), current_,
                          access, site, segment.shared);
        if (conflict && !first) first = conflict;
    }
    if (first) report_race(segment, address, *first, access, site);
}

void Execution::report_race(const Segment& segment, std::uintptr_t address, const Conflict& conflict,
                            Access access, std::uint32_t site) {
    const bool mixed = (access == Access::atomic) != (conflict.access == Access::atomic);
    const Kind kind = mixed ? Kind::mixed_atomic : segment.shared ? Kind::shared_race : Kind::global_race;
    Report report = describe(kind, site, current_);
    report.memory = describe_memory(segment, address);
    report.other = place_of(conflict.site);
    const auto rank_position = [](unsigned rank, const dim3& extent) {
        return Position{rank % extent.x, rank / extent.x % extent.y, rank / extent.x / extent.y};
    };
    report.threads.push_back(rank_position(conflict.thread, launch_->block));
    report.other_block = rank_position(ordering_.block_at(conflict.time), launch_->grid);
    ReportLog::instance().add(report, std::string(verb(access)) + " what another thread " +
                                          verb(conflict.access) +
                                          ", with nothing to put one before the other");
}

void Execution::report_bad_memory(const Segment& segment, std::uintptr_t address, std::size_t bytes,
                                  Access access, std::uint32_t site) {
    Kind kind = Kind::out_of_bounds;
    const DeviceMemory::Allocation* nearest = segment.shared ? nullptr : memory_.nearest(address);
    if (nearest != nullptr && !nearest->alive && address < nearest->begin + nearest->bytes)
        kind = Kind::use_after_free;
    report(kind, site, std::string(verb(access)) + " " + std::to_string(bytes) + " bytes",
           describe_memory(segment, address));
}

void Execution::access_elsewhere(std::uintptr_t address, std::size_t bytes, Access access,
                                 std::uint32_t site) {
    const auto parameters = reinterpret_cast<std::uintptr_t>(launch_->parameters);
    if (address - parameters < launch_->parameter_bytes) return;
    if (access == Access::read && is_constant(address, address + bytes)) return;
    std::string what = "a host address";
    if (address < 65536) what = address == 0 ? "a null pointer" : "an offset from a null pointer";
    if (stacks_.contains(address)) what = "a local variable of another thread";
    report(Kind::host_memory, site,
           std::string(verb(access)) + " " + std::to_string(bytes) + " bytes through " + what);
}

std::string Execution::describe_memory(const Segment& segment, std::uintptr_t address) const {
    if (segment.shared) return shared_.describe(address);
    const DeviceMemory::Allocation* nearest = memory_.nearest(address);
    if (nearest == nullptr) return "no allocation";
    return std::string(nearest->alive ? "" : "freed ") + "allocation of " + std::to_string(nearest->bytes) +
           " bytes + " + std::to_string(address - nearest->begin) + " bytes";
}

}  // namespace kernels::emulator
