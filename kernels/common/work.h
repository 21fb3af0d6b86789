#pragma once

#include "kernels/adam/adam.h"
#include "kernels/adaptive_avg_pool/adaptive_avg_pool.h"
#include "kernels/add/add.h"
#include "kernels/attention_conv/attention_conv.h"
#include "kernels/augment/augment.h"
#include "kernels/batch_norm/batch_norm.h"
#include "kernels/batch_norm_max_pool/batch_norm_max_pool.h"
#include "kernels/clip_norm/clip_norm.h"
#include "kernels/common/observe.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/correct_predictions/correct_predictions.h"
#include "kernels/cross_entropy/cross_entropy.h"
#include "kernels/dropout/dropout.h"
#include "kernels/fill/fill.h"
#include "kernels/flatten/flatten.h"
#include "kernels/increment/increment.h"
#include "kernels/inverse_deviation/inverse_deviation.h"
#include "kernels/lerp/lerp.h"
#include "kernels/linear/linear.h"
#include "kernels/max_pool/max_pool.h"
#include "kernels/mul/mul.h"
#include "kernels/muon/muon.h"
#include "kernels/newton_schulz/newton_schulz.h"
#include "kernels/relu/relu.h"
#include "kernels/sgd/sgd.h"
#include "kernels/sum/sum.h"

/// What each kernel has to do, counted on its definition and not on how a backend does it, so that backends
/// and algorithms can be compared:
///   flops: the operations of the formula in the op's header, on each element; a sum, product, division,
///     comparison, square root or exponential is one. A convolution's padding counts like any other input. So
///     an algorithm that needs fewer multiplications, or leaves out branches, may surpass the machine's peak.
///   bytes: every input read once, every output written once, every gradient target both, since gradients add
///     into it. So a kernel whose arrays lie in a cache may surpass the memory's peak.
namespace kernels {

Work work(const Adam<float>& args);
Work work(const AdaptiveAvgPoolForward<float>& args);
Work work(const AdaptiveAvgPoolBackward<float>& args);
Work work(const AddForward<float>& args);
Work work(const AddBackward<float>& args);
Work work(const AttentionConvForward<float>& args);
Work work(const AttentionConvBackward<float>& args);
Work work(const Augment& args);
Work work(const BatchNormTrainForward<float>& args);
Work work(const BatchNormEvalForward<float>& args);
Work work(const BatchNormBackward<float>& args);
Work work(const BatchNormMaxPoolTrainForward<float>& args);
Work work(const BatchNormMaxPoolEvalForward<float>& args);
Work work(const BatchNormMaxPoolBackward<float>& args);
Work work(const ClipNorm<float>& args);
Work work(const Conv2dForward<float>& args);
Work work(const Conv2dBackward<float>& args);
Work work(const CorrectPredictions<float>& args);
Work work(const CrossEntropyForward<float>& args);
Work work(const CrossEntropyBackward<float>& args);
Work work(const DropoutForward<float>& args);
Work work(const DropoutBackward<float>& args);
Work work(const Fill<float>& args);
Work work(const FlattenForward<float>& args);
Work work(const FlattenBackward<float>& args);
Work work(const Increment& args);
Work work(const InverseDeviation<float>& args);
Work work(const Lerp<float>& args);
Work work(const LinearForward<float>& args);
Work work(const LinearBackward<float>& args);
Work work(const MaxPoolForward<float>& args);
Work work(const MaxPoolBackward<float>& args);
Work work(const MulForward<float>& args);
Work work(const MulBackward<float>& args);
Work work(const MuonDirection<float>& args);
Work work(const MuonStep<float>& args);
Work work(const NewtonSchulzBegin<float>& args);
Work work(const NewtonSchulzPolynomial<float>& args);
Work work(const ReluForward<float>& args);
Work work(const ReluBackward<float>& args);
Work work(const Sgd<float>& args);
Work work(const SumForward<float>& args);
Work work(const SumBackward<float>& args);

}  // namespace kernels
