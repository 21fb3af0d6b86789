#include "engine/shape.h"

#include <algorithm>

#include "engine/error.h"

namespace engine {

Shape::Shape(const std::int64_t* first, const std::int64_t* last) : rank_(static_cast<int>(last - first)) {
    if (rank_ > max_rank)
        throw UsageError("a shape of " + std::to_string(rank_) + " dimensions", "in Shape",
                         "use at most " + std::to_string(max_rank));
    if (std::any_of(first, last, [](std::int64_t extent) { return extent < 0; }))
        throw UsageError("a negative extent", "in Shape", "extents are 0 or more");
    std::copy(first, last, extents_.begin());
}

std::int64_t Shape::operator[](int dimension) const {
    const int index = dimension < 0 ? dimension + rank_ : dimension;
    if (index < 0 || index >= rank_)
        throw UsageError("dimension " + std::to_string(dimension) + " asked for",
                         "in shape " + to_string(*this), "it has " + std::to_string(rank_) + " dimensions");
    return extents_[static_cast<std::size_t>(index)];
}

std::int64_t Shape::numel() const {
    std::int64_t product = 1;
    for (std::int64_t extent : *this) product *= extent;
    return product;
}

std::string to_string(const Shape& shape) {
    std::string text = "(";
    for (const char* separator = ""; std::int64_t extent : shape) {
        text += separator + std::to_string(extent);
        separator = ", ";
    }
    return text + ")";
}

}  // namespace engine
