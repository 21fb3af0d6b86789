#include "kernels/emulator/counters.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <tuple>

#include "kernels/emulator/execution.h"
#include "kernels/emulator/source_location.h"

namespace kernels::emulator {
namespace {

constexpr std::uintptr_t sector_bytes = 32, bank_bytes = 4, banks = 32, wavefront_bytes = banks * bank_bytes;

template <typename Visit>
void for_each_unit(std::uintptr_t address, std::size_t bytes, std::uintptr_t unit, const Visit& visit) {
    for (std::uintptr_t at = address / unit; at <= (address + bytes - 1) / unit; ++at) visit(at);
}

/// Of how many lanes' words a wavefront can take: those that fill all banks once.
unsigned lanes_per_pass(std::size_t bytes) { return bytes <= 4 ? 32 : bytes <= 8 ? 16 : 8; }

/// The largest number of different words that one bank has to serve.
std::uint64_t wavefronts_of_pass(std::set<std::uintptr_t> words) {
    std::array<std::uint64_t, banks> in_bank{};
    for (const std::uintptr_t word : words) ++in_bank[word % banks];
    return *std::max_element(in_bank.begin(), in_bank.end());
}

}  // namespace

void Counters::start() {
    on_ = true;
    for (auto& of_memory : totals_) of_memory.clear();
    for (auto& of_memory : pending_)
        for (auto& of_warp : of_memory) of_warp.clear();
}

void Counters::record(unsigned thread, std::uint32_t site, bool shared, Access access, std::uintptr_t address,
                      std::size_t bytes) {
    Pending& pending = pending_[shared ? 1 : 0][thread / lanes][site];
    pending.access = access;
    const unsigned lane = thread % lanes;
    const std::uint32_t turn = pending.executed[lane]++;
    if (turn >= pending.requests.size()) pending.requests.resize(turn + 1);
    Request& request = pending.requests[turn];
    request.mask |= 1U << lane;
    request.bytes = static_cast<std::uint32_t>(bytes);
    request.address[lane] = address;
}

void Counters::skip(unsigned thread, std::uint32_t site, bool shared) {
    ++pending_[shared ? 1 : 0][thread / lanes][site].executed[thread % lanes];
}

void Counters::add(LineCount& total, const Request& request) {
    const auto active = static_cast<std::uint64_t>(std::popcount(request.mask));
    ++total.requests;
    total.lanes += active;
    if (!total.shared) {
        std::set<std::uintptr_t> sectors;
        for (unsigned lane = 0; lane < lanes; ++lane)
            if (request.mask >> lane & 1U)
                for_each_unit(request.address[lane], request.bytes, sector_bytes,
                              [&](std::uintptr_t sector) { sectors.insert(sector); });
        total.actual += sectors.size();
        total.ideal += (active * request.bytes + sector_bytes - 1) / sector_bytes;
        return;
    }
    const unsigned pass = lanes_per_pass(request.bytes);
    for (unsigned first = 0; first < lanes; first += pass) {
        std::set<std::uintptr_t> words;
        std::uint64_t lanes_here = 0;
        for (unsigned lane = first; lane < first + pass; ++lane) {
            if (!(request.mask >> lane & 1U)) continue;
            ++lanes_here;
            for_each_unit(request.address[lane], request.bytes, bank_bytes,
                          [&](std::uintptr_t word) { words.insert(word); });
        }
        if (words.empty()) continue;
        total.actual += wavefronts_of_pass(std::move(words));
        total.ideal += (lanes_here * request.bytes + wavefront_bytes - 1) / wavefront_bytes;
    }
}

void Counters::flush(unsigned warp) {
    for (const bool shared : {false, true}) {
        for (auto& [site, pending] : pending_[shared ? 1 : 0][warp]) {
            pending.executed.fill(0);
            if (pending.requests.empty()) continue;
            LineCount& total = totals_[shared ? 1 : 0][site];
            total.shared = shared;
            total.access = pending.access;
            for (const Request& request : pending.requests)
                if (request.mask != 0) add(total, request);
            pending.requests.clear();
        }
    }
}

void Counters::flush() {
    for (unsigned warp = 0; warp < max_warps; ++warp) flush(warp);
}

std::vector<LineCount> Counters::table() {
    flush();
    // One line may hold several accesses, and the compiler may have made several of one.
    std::map<std::tuple<std::string, int, bool, Access>, LineCount> lines;
    for (const auto& of_memory : totals_) {
        for (const auto& [site, count] : of_memory) {
            const SourcePlace place = place_of(site);
            LineCount& line = lines[{place.file, place.line, count.shared, count.access}];
            line = {place.file,
                    place.line,
                    count.shared,
                    count.access,
                    line.requests + count.requests,
                    line.lanes + count.lanes,
                    line.actual + count.actual,
                    line.ideal + count.ideal};
        }
    }
    std::vector<LineCount> result;
    for (const auto& [key, line] : lines) result.push_back(line);
    return result;
}

CountAccesses::CountAccesses() { Execution::instance().counters().start(); }
CountAccesses::~CountAccesses() { Execution::instance().counters().stop(); }
std::vector<LineCount> CountAccesses::table() const { return Execution::instance().counters().table(); }

std::string text_of(const std::vector<LineCount>& table) {
    std::string text;
    for (const LineCount& line : table) {
        const char* verb = line.access == Access::read    ? "load"
                           : line.access == Access::write ? "store"
                                                          : "atomic";
        text += line.file + ":" + std::to_string(line.line) + ": " + (line.shared ? "shared " : "global ") +
                verb + ", " + std::to_string(line.requests) + " requests of " + std::to_string(line.lanes) +
                " lanes, " + std::to_string(line.actual) + (line.shared ? " wavefronts" : " sectors") +
                ", ideal " + std::to_string(line.ideal) + "\n";
    }
    return text;
}

}  // namespace kernels::emulator
