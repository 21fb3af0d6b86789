#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernels/emulator/ordering.h"
#include "kernels/emulator/races.h"

namespace kernels::emulator {

/// How the accesses of one source line reach memory, summed over what ran. A GPU serves the lanes of a warp
/// together, as one request; what counts is how much memory each request moves, and what it could do with.
struct LineCount {
    std::string file;
    int line = 0;
    bool shared = false;  ///< shared or global memory
    Access access = Access::read;
    std::uint64_t requests = 0, lanes = 0;
    /// Global: sectors of 32 bytes that the requests touch. Shared: wavefronts, one for each word that the
    /// fullest of the 32 banks has to serve. `ideal`: as many as these lanes and widths need if neighbours
    /// take neighbours; a broadcast gets by with fewer.
    std::uint64_t actual = 0, ideal = 0;
};

/// While one lives, accesses are counted. docs/emulator.md has the rules.
class CountAccesses {
  public:
    CountAccesses();
    ~CountAccesses();
    CountAccesses(const CountAccesses&) = delete;
    CountAccesses& operator=(const CountAccesses&) = delete;

    /// By file and line.
    std::vector<LineCount> table() const;
};

/// A table for people: one line each.
std::string text_of(const std::vector<LineCount>& table);

/// Puts the accesses of single lanes together into requests. Between two moments at which all of its lanes
/// meet (a block barrier, a warp operation of the whole warp), a warp's n-th request at a place are its
/// lanes' n-th accesses there: as if lanes ran in step, and lanes that loop longer went on without the
/// others.
class Counters {
  public:
    void start();
    void stop() { on_ = false; }
    bool on() const { return on_; }

    void record(unsigned thread, std::uint32_t site, bool shared, Access access, std::uintptr_t address,
                std::size_t bytes);
    /// The thread was at `site` with the others, but had nothing to access.
    void skip(unsigned thread, std::uint32_t site, bool shared);
    /// All lanes of this warp, or of all warps, have met.
    void flush(unsigned warp);
    void flush();
    std::vector<LineCount> table();

  private:
    struct Request {
        std::uint32_t mask = 0;
        std::uint32_t bytes = 0;
        std::array<std::uintptr_t, lanes> address{};
    };
    struct Pending {
        Access access = Access::read;
        std::array<std::uint32_t, lanes> executed{};
        std::vector<Request> requests;
    };
    static void add(LineCount& total, const Request& request);

    bool on_ = false;
    // By kind of memory first, global or shared: a cp.async is an access to each, at one place.
    std::array<std::array<std::unordered_map<std::uint32_t, Pending>, max_warps>, 2>
        pending_;                                                         ///< by warp, by place
    std::array<std::unordered_map<std::uint32_t, LineCount>, 2> totals_;  ///< by place
};

}  // namespace kernels::emulator
