#include "kernels/emulator/source_location.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <unordered_map>
#include <vector>

#include <unistd.h>

#include "kernels/emulator/symbols.h"

namespace kernels::emulator {
namespace {

struct Frame {
    std::string function;
    SourcePlace place;
};

/// The frames at an address, inlined functions first: asked of addr2line, which comes with every assembler.
std::vector<Frame> frames_at(std::uint64_t address) {
    std::ostringstream command;
    command << "addr2line -e /proc/" << getpid() << "/exe -i -f -C 0x" << std::hex << address
            << " 2>/dev/null";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.str().c_str(), "r"), ::pclose);
    std::vector<Frame> frames;
    if (!pipe) return frames;
    char line[4096];
    const auto next = [&](std::string& text) {
        if (std::fgets(line, sizeof line, pipe.get()) == nullptr) return false;
        text = line;
        while (!text.empty() && text.back() == '\n') text.pop_back();
        return true;
    };
    std::string function, place;
    while (next(function) && next(place)) {
        place = place.substr(0, place.find(" (discriminator"));
        const auto colon = place.rfind(':');
        frames.push_back({function, {place.substr(0, colon), std::atoi(place.c_str() + colon + 1)}});
    }
    return frames;
}

bool is_ours(const std::string& file) {
    return file.find("kernels/emulator/") != std::string::npos ||
           file.find("kernels/common/ptx.h") != std::string::npos;
}

}  // namespace

std::uint32_t site_of(const void* return_address) {
    return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(return_address) - load_address());
}

SourcePlace place_of(std::uint32_t site) {
    if (site == 0) return {};
    static auto& known = *new std::unordered_map<std::uint32_t, SourcePlace>;
    if (const auto found = known.find(site); found != known.end()) return found->second;
    SourcePlace place;
    for (const Frame& frame : frames_at(site - 1)) {
        if (frame.place.line != 0) place = frame.place;
        if (!place.file.empty() && !is_ours(place.file)) break;
    }
    return known[site] = place;
}

std::string function_name(const void* function) {
    static auto& known = *new std::unordered_map<const void*, std::string>;
    if (const auto found = known.find(function); found != known.end()) return found->second;
    const auto frames = frames_at(site_of(function));
    return known[function] = frames.empty() ? "?" : frames.back().function;
}

}  // namespace kernels::emulator
