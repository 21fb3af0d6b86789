#include "engine/staging.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace engine {
namespace {

std::vector<Tensor*> tensors_of(Batch& batch) {
    std::vector<Tensor*> tensors = {&batch.inputs, &batch.labels};
    if (batch.plan) tensors.push_back(&batch.plan->steps);
    return tensors;
}

bool alike(const Tensor& x, const Tensor* y) { return x.shape() == y->shape() && x.dtype() == y->dtype(); }

/// Where the batch is.
void carry_out_plan(Batch& batch) {
    if (!batch.plan) return;
    batch.inputs = augment(batch.inputs, *batch.plan);
    batch.plan.reset();
}

}  // namespace

Staging::Staging(BatchSource& source, Device device) : source_(source), device_(device) {}

void Staging::start_epoch(std::int64_t epoch, std::int64_t first_batch) {
    waits_ = false;
    source_.start_epoch(epoch, first_batch);
}

bool Staging::next(Batch& batch) {
    if (device_ == Device::cpu) {
        if (!source_.next(batch)) return false;
    } else {
        batch = {};
        prefetch();
        if (!waits_) return false;
        present_ = 1 - present_;
        waits_ = false;
        slots_[present_].upload->finish();
        batch = slots_[present_].batch;
    }
    carry_out_plan(batch);
    return true;
}

void Staging::prefetch() {
    if (device_ == Device::cpu || waits_) return;
    if (slots_[present_].upload) slots_[present_].upload->release();
    Batch batch;
    if (!source_.next(batch)) return;
    bring(slots_[1 - present_], std::move(batch));
    waits_ = true;
}

void Staging::bring(Slot& slot, Batch batch) const {
    const std::vector<Tensor*> tensors = tensors_of(batch);
    std::size_t bytes = 0, offset = 0;
    for (const Tensor* tensor : tensors) bytes += tensor->nbytes();
    if (slot.capacity < bytes) {
        slot.capacity = bytes;
        slot.upload = kernels::runtime(device_).make_upload(bytes);
    }
    std::byte* host = slot.upload->host();
    if (!std::equal(slot.memory.begin(), slot.memory.end(), tensors.begin(), tensors.end(), alike)) {
        slot.batch = {};
        slot.memory.clear();
        for (const Tensor* tensor : tensors)
            slot.memory.push_back(empty(tensor->shape(), tensor->dtype(), device_));
        slot.upload->release();  // kernels called before may still use memory that is new here
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::size_t size = tensors[i]->nbytes();
        std::memcpy(host + offset, tensors[i]->data_ptr(), size);
        if (size > 0) slot.upload->start(slot.memory[i].data_ptr(), offset, size);
        offset += size;
        *tensors[i] = slot.memory[i];  // the batch is on the device now
    }
    slot.batch = std::move(batch);
}

}  // namespace engine
