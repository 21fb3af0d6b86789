#include "engine/random.h"

namespace engine {

Generator& default_generator() {
    static Generator generator;
    return generator;
}

RelativeStreams::RelativeStreams(Generator& generator, const std::int64_t* origin)
    : generator_(generator), first_(generator.next_stream_) {
    generator_.origin_ = origin;
    generator_.origin_stream_ = first_;
}

RelativeStreams::~RelativeStreams() {
    generator_.next_stream_ = first_;
    generator_.origin_ = nullptr;
    generator_.origin_stream_ = 0;
}

void manual_seed(std::uint64_t seed) { default_generator().restore(seed, 0); }

}  // namespace engine
