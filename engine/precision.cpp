#include "engine/precision.h"

namespace engine {
namespace {

Precision present = Precision::fp32;

}  // namespace

Precision product_precision() { return present; }
void set_product_precision(Precision precision) { present = precision; }

}  // namespace engine
