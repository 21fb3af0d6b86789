#include "engine/staging.h"

#include <cstring>

namespace engine {
namespace {

std::size_t bytes_of(const Tensor& x) { return static_cast<std::size_t>(x.numel()) * size_of(x.dtype()); }

}  // namespace

Staging::Staging(BatchSource& source, Device device) : source_(source), device_(device) {}

void Staging::start_epoch(std::int64_t epoch, std::int64_t first_batch) {
    waits_ = false;
    source_.start_epoch(epoch, first_batch);
}

bool Staging::next(Batch& batch) {
    if (device_ == Device::cpu) return source_.next(batch);
    batch = {};
    prefetch();
    if (!waits_) return false;
    present_ = 1 - present_;
    waits_ = false;
    slots_[present_].upload->finish();
    batch = slots_[present_].batch;
    return true;
}

void Staging::prefetch() {
    if (device_ == Device::cpu || waits_) return;
    if (slots_[present_].upload) slots_[present_].upload->release();
    Batch batch;
    if (!source_.next(batch)) return;
    bring(slots_[1 - present_], batch);
    waits_ = true;
}

void Staging::bring(Slot& slot, const Batch& batch) const {
    const std::size_t input_bytes = bytes_of(batch.inputs), label_bytes = bytes_of(batch.labels);
    if (slot.capacity < input_bytes + label_bytes) {
        slot.capacity = input_bytes + label_bytes;
        slot.upload = kernels::runtime(device_).make_upload(slot.capacity);
    }
    std::byte* host = slot.upload->host();
    if (!slot.batch.inputs.defined() || slot.batch.inputs.shape() != batch.inputs.shape()) {
        slot.batch = {};
        slot.batch.inputs = empty(batch.inputs.shape(), batch.inputs.dtype(), device_);
        slot.batch.labels = empty(batch.labels.shape(), batch.labels.dtype(), device_);
        slot.upload->release();  // kernels called before may still use memory that is new here
    }
    std::memcpy(host, batch.inputs.data(), input_bytes);
    std::memcpy(host + input_bytes, batch.labels.data<std::int64_t>(), label_bytes);
    slot.upload->start(slot.batch.inputs.data(), 0, input_bytes);
    slot.upload->start(slot.batch.labels.data<std::int64_t>(), input_bytes, label_bytes);
}

}  // namespace engine
