#include "core/quant/calibrated_quantizer.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/quant/matrix_name.h"
#include "core/quant/methods/awq.h"
#include "core/quant/methods/finite_weights.h"
#include "core/quant/methods/scaled_columns.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"
#include "core/quant/stacked_tensors.h"

namespace core::quant {

namespace {

bool isByMatrix(const Scheme& scheme, const tensor::Shape& shape) {
  return shape.rank() == 3 && !shape.isEmpty() && calibrationNeed(scheme) == CalibrationNeed::Hessian;
}

bool areFloats(const QuantizedTensor& tensor) { return tensor.dtype() == tensor::DType::F32; }

/// An expert that saw no token, stored like those that did.
QuantizedTensorPtr roundedToNearest(const Scheme& scheme, const QuantizedTensor& tensor, const TensorCalibration& known,
                                    const JobContext& job) {
  if (std::string why; !accepts(scheme, tensor.shape, &why)) throw Error(ErrorCode::InvalidArgument, why, tensor.name);
  auto made = std::make_shared<QuantizedTensor>(*quantize(roundingOnly(scheme), tensor, job));
  made->scheme = scheme;
  made->input = inputQuantizer(scheme.activations, &known, nullptr, tensor.name);
  return made;
}

class StackQuantizer {
 public:
  StackQuantizer(const Scheme& scheme, const QuantizedTensor& stack, Calibration& calibration)
      : m_scheme(scheme),
        m_plain(scheme),
        m_stack(stack),
        m_calibration(calibration),
        m_shape{stack.shape[1], stack.shape[2]},
        m_matrices(stack.shape[0]) {
    m_plain.activations = Activations();
  }

  /// @param known of the stack as a whole
  QuantizedTensorPtr run(const TensorCalibration& known, const JobContext& job) {
    if (m_scheme.method.actOrder == ActOrder::On && m_scheme.method.staticGroups == StaticGroups::Off)
      throw Error(ErrorCode::Unsupported,
                  fmt::format("The experts in {} are stored in one order of columns: act_order needs static_groups=on.",
                              io::inQuotes(m_stack.name)),
                  m_stack.name);
    const bool isAwq = m_scheme.method.name == MethodName::Awq;
    ColumnChanges changes;
    if (isAwq) changes.inputScales = findScales(known, job.part(0.0, 0.5));
    const JobContext making = job.part(isAwq ? 0.5 : 0.0, 1.0);
    std::vector<QuantizedTensorPtr> parts;
    for (std::uint64_t i = 0; i < m_matrices; ++i) {
      parts.push_back(make(i, changes.inputScales, partOf(making, i)));
      if (i == 0) refuseSharedScales(*parts[0]);
    }
    auto result = std::make_shared<QuantizedTensor>(*stacked(m_stack.name, parts));
    result->scheme = m_scheme;
    result->shape = m_stack.shape;
    if (isAwq) result->changes = std::make_shared<const ColumnChanges>(std::move(changes));
    result->input = inputQuantizer(m_scheme.activations, &known, result->changes.get(), m_stack.name);
    return result;
  }

 private:
  JobContext partOf(const JobContext& job, std::uint64_t matrix) const {
    const auto count = static_cast<double>(m_matrices), at = static_cast<double>(matrix);
    return job.part(at / count, (at + 1) / count);
  }
  TensorCalibrationPtr calibrationOf(std::uint64_t matrix, const JobContext& job) {
    return m_calibration.of(MatrixName{m_stack.name, matrix}.toString(), CalibrationNeed::Hessian, job);
  }
  std::vector<float> weightsOf(std::uint64_t matrix) const {
    std::vector<float> weights(m_shape.count());
    finiteWeights(m_stack, matrix * weights.size(), weights);
    return weights;
  }

  std::vector<float> findScales(const TensorCalibration& known, const JobContext& job) {
    const auto member = [this](std::uint64_t i, const JobContext& part) {
      TensorCalibrationPtr own = calibrationOf(i, part);
      return AwqMember{own ? weightsOf(i) : std::vector<float>(), std::move(own)};
    };
    return stackAwqFactors(m_matrices, m_shape, m_scheme, known.meanMagnitude, member, job).scales;
  }

  QuantizedTensorPtr make(std::uint64_t i, const std::vector<float>& scales, const JobContext& job) {
    std::vector<float> weights = weightsOf(i);
    const bool isGptq = m_scheme.method.name == MethodName::Gptq;
    const bool asks = isGptq || m_scheme.method.clip == Clip::On;
    const TensorCalibrationPtr own = asks ? calibrationOf(i, job.part(0.0, 0.2)) : nullptr;
    const JobContext rest = job.part(0.2, 1.0);
    if (!scales.empty())
      weights = own ? awqWeights(weights, m_shape, m_scheme, *own, scales, rest) : multiplied(weights, scales);
    QuantizedTensor matrix = tensorOf(weights, m_shape);
    matrix.name = MatrixName{m_stack.name, i}.toString();
    const Scheme& scheme = isGptq && own ? m_plain : roundingOnly(m_scheme);
    auto made = std::make_shared<QuantizedTensor>(*quantize(scheme, matrix, rest, own.get()));
    made->scheme.reset();  // the stack's own is that of all of them
    return made;
  }

  void refuseSharedScales(const QuantizedTensor& part) const {
    const auto twice = std::make_shared<const QuantizedTensor>(part);
    const std::vector<QuantizedTensorPtr> parts{twice, twice};
    if (areFloats(part) || !areFloats(*stacked(m_stack.name, parts))) return;
    throw Error(ErrorCode::Unsupported,
                fmt::format("{} makes the experts in {} one by one, and needs a format whose scales belong to rows or "
                            "groups of them.",
                            m_scheme.displayName(), io::inQuotes(m_stack.name)),
                m_stack.name);
  }

  const Scheme& m_scheme;
  Scheme m_plain;  ///< without what it does to inputs, which is the stack's
  const QuantizedTensor& m_stack;
  Calibration& m_calibration;
  tensor::Shape m_shape;  ///< of each matrix
  std::uint64_t m_matrices;
};

}  // namespace

QuantizedTensorPtr quantizeCalibrated(const Scheme& scheme, const QuantizedTensor& tensor, Calibration* calibration,
                                      const JobContext& job) {
  const CalibrationNeed need = calibrationNeed(scheme);
  if (need == CalibrationNeed::None || calibration == nullptr) return quantize(scheme, tensor, job);
  if (!isByMatrix(scheme, tensor.shape)) {
    const TensorCalibrationPtr known = calibration->of(tensor.name, need, job.part(0.0, 0.5));
    if (need == CalibrationNeed::Hessian && known != nullptr && known->samples == 0 && known->hessian.empty())
      return roundedToNearest(scheme, tensor, *known, job.part(0.5, 1.0));
    const auto matrix = MatrixName::parse(tensor.name);
    if (need == CalibrationNeed::Hessian && known == nullptr && matrix)
      if (const auto ofStack = calibration->of(matrix->stack, CalibrationNeed::Columns, job.part(0.5, 0.5)))
        return roundedToNearest(scheme, tensor, *ofStack, job.part(0.5, 1.0));
    return quantize(scheme, tensor, job.part(0.5, 1.0), known.get());
  }
  if (std::string why; !accepts(scheme, tensor.shape, &why)) throw Error(ErrorCode::InvalidArgument, why, tensor.name);
  const TensorCalibrationPtr known = calibration->of(tensor.name, CalibrationNeed::Columns, job.part(0.0, 0.2));
  if (known == nullptr) return quantize(scheme, tensor, job);  // which says what is missing
  return StackQuantizer(scheme, tensor, *calibration).run(*known, job.part(0.2, 1.0));
}

std::uint64_t countUnseen(const Scheme& scheme, const std::string& name, const tensor::Shape& shape,
                          Calibration& calibration, const JobContext& job) {
  if (calibrationNeed(scheme) != CalibrationNeed::Hessian) return 0;
  if (!isByMatrix(scheme, shape)) {
    const TensorCalibrationPtr known = calibration.of(name, CalibrationNeed::Importance, job);
    if (known == nullptr && MatrixName::parse(name)) return 1;
    return known != nullptr && known->samples == 0 ? 1 : 0;
  }
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < shape[0]; ++i)
    if (calibration.of(MatrixName{name, i}.toString(), CalibrationNeed::Importance, job) == nullptr) ++count;
  return count;
}

}  // namespace core::quant
