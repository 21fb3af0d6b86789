#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace engine {

/// Extents of a dense row-major tensor, outermost first; rank 0 (a scalar) to 4. Images are (N, H, W, C),
/// filters (O, H, W, I). Held in place, so that making one allocates nothing.
class Shape {
  public:
    static constexpr int max_rank = 4;

    Shape() = default;
    /// Throws UsageError for more than four extents or a negative one.
    Shape(std::initializer_list<std::int64_t> extents) : Shape(extents.begin(), extents.end()) {}
    Shape(const std::int64_t* first, const std::int64_t* last);

    int rank() const { return rank_; }
    /// Extent of a dimension; negative dimensions count from the last. Throws UsageError if there is none.
    std::int64_t operator[](int dimension) const;
    /// Number of elements; 1 for a scalar.
    std::int64_t numel() const;
    const std::int64_t* begin() const { return extents_.data(); }
    const std::int64_t* end() const { return extents_.data() + rank_; }

    bool operator==(const Shape&) const = default;

  private:
    std::array<std::int64_t, max_rank> extents_{};
    int rank_ = 0;
};

/// "(128, 32, 32, 3)".
std::string to_string(const Shape& shape);

}  // namespace engine
