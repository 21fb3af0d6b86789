#include "engine/random.h"

namespace engine {

Generator& default_generator() {
    static Generator generator;
    return generator;
}

void manual_seed(std::uint64_t seed) { default_generator().restore(seed, 0); }

}  // namespace engine
