#include "kernels/common/parallel.h"

#include <atomic>
#include <vector>

#include <doctest/doctest.h>

namespace {

/// Sets the number of threads for one test.
class Threads {
  public:
    explicit Threads(int count) : before_(kernels::threads()) { kernels::set_threads(count); }
    ~Threads() { kernels::set_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

  private:
    int before_;
};

}  // namespace

TEST_CASE("parallel_for calls the body once for each index, on any number of threads") {
    for (const int threads : {1, 2, 3, 7}) {
        const Threads guard(threads);
        for (const std::int64_t count : {0, 1, 2, 3, 16, 1000}) {
            CAPTURE(threads);
            CAPTURE(count);
            std::vector<std::atomic<int>> calls(static_cast<std::size_t>(count));
            std::atomic<int> outside{0};
            kernels::parallel_for(count, [&](std::int64_t i) {
                if (i < 0 || i >= count) {
                    ++outside;
                } else {
                    ++calls[static_cast<std::size_t>(i)];
                }
            });
            CHECK(outside == 0);
            std::size_t once = 0;
            for (const auto& c : calls) once += c == 1;
            CHECK(once == calls.size());
        }
    }
}

TEST_CASE("parallel_chunks cuts the range where the grain says, and nowhere else") {
    for (const int threads : {1, 2, 3}) {
        const Threads guard(threads);
        for (const std::int64_t count : {0, 1, 9, 10, 11, 95}) {
            CAPTURE(threads);
            CAPTURE(count);
            std::vector<std::int64_t> end_of(static_cast<std::size_t>(count) / 10 + 1, -1);
            std::atomic<int> misplaced{0};
            kernels::parallel_chunks(count, 10, [&](std::int64_t begin, std::int64_t end) {
                if (begin % 10 != 0 || end <= begin) ++misplaced;
                end_of[static_cast<std::size_t>(begin / 10)] = end;
            });
            CHECK(misplaced == 0);
            for (std::size_t chunk = 0; chunk < end_of.size(); ++chunk) {
                const auto begin = static_cast<std::int64_t>(chunk) * 10;
                CHECK(end_of[chunk] == (begin < count ? std::min(count, begin + 10) : -1));
            }
        }
    }
}

TEST_CASE("what a body writes is visible when parallel_for returns") {
    const Threads guard(3);
    std::vector<std::int64_t> squares(500, -1);
    kernels::parallel_for(500, [&](std::int64_t i) { squares[static_cast<std::size_t>(i)] = i * i; });
    for (std::int64_t i = 0; i < 500; ++i) CHECK(squares[static_cast<std::size_t>(i)] == i * i);
}

TEST_CASE("set_threads takes at least one") {
    const Threads guard(0);
    CHECK(kernels::threads() == 1);
}
