#include "data/prefetcher.h"

#include <utility>

namespace data {
namespace {

constexpr int slots_per_worker = 2;

}  // namespace

Prefetcher::Prefetcher(Make make, std::int64_t first, std::int64_t last, int workers)
    : make_(std::move(make)),
      last_(last),
      begun_(first),
      taken_(first),
      slots_(static_cast<std::size_t>(slots_per_worker * workers)) {
    for (int i = 0; i < workers; ++i)
        workers_.emplace_back([this](std::stop_token stop) { work(std::move(stop)); });
}

engine::Batch Prefetcher::take() {
    std::unique_lock lock(mutex_);
    Slot& slot = slot_of(taken_);
    ready_.wait(lock, [&] { return slot.ready; });
    const Slot taken = std::exchange(slot, {});
    ++taken_;
    lock.unlock();
    room_.notify_one();
    if (taken.failure) std::rethrow_exception(taken.failure);
    return taken.batch;
}

void Prefetcher::work(std::stop_token stop) {
    const auto done_or_room = [this] {
        return begun_ == last_ || begun_ < taken_ + static_cast<std::int64_t>(slots_.size());
    };
    std::unique_lock lock(mutex_);
    while (room_.wait(lock, stop, done_or_room) && begun_ < last_ && !stop.stop_requested()) {
        const std::int64_t number = begun_++;
        lock.unlock();
        Slot made = make_slot(number);
        lock.lock();
        slot_of(number) = std::move(made);
        ready_.notify_one();
    }
}

Prefetcher::Slot Prefetcher::make_slot(std::int64_t number) const {
    try {
        return {make_(number), nullptr, true};
    } catch (...) {
        return {{}, std::current_exception(), true};
    }
}

}  // namespace data
