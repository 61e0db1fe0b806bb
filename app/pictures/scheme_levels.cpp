#include "app/pictures/scheme_levels.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "app/selection/tensor_text.h"
#include "core/quant/calibrated_quantizer.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"

namespace app {

namespace {

/// The values of a range as a tensor of one row, or the tensor itself where the range is all of it.
core::quant::QuantizedTensor cut(const core::quant::QuantizedTensor& tensor, const core::quant::FlatRange& range) {
  if (range.count == tensor.shape.count()) return tensor;
  auto values = std::make_shared<std::vector<float>>(range.count);
  core::quant::decode(tensor, range.first, range.count, values->data());
  return core::tensor::TensorView{tensor.name, core::tensor::DType::F32, core::tensor::Shape{1, range.count},
                                  std::as_bytes(std::span<const float>(*values)), values};
}

float valueAt(const core::quant::QuantizedTensor& quantized, std::uint64_t flatIndex) {
  std::vector<float> row(quantized.rowValues());
  core::quant::dequantizeRows(quantized, flatIndex / row.size(), 1, row.data());
  return row[flatIndex % row.size()];
}

/// Columns that a method changes, or whose errors it pushes on, are known with the whole tensor only.
bool looksAtAll(const core::quant::Scheme& scheme) {
  return core::quant::calibrationNeed(scheme) != core::quant::CalibrationNeed::None;
}

/// Whether a text has shown inputs of a tensor: of a stack of experts, of any of them.
bool isKnown(const core::quant::QuantizedTensor& tensor, const core::quant::Scheme& scheme,
             core::quant::Calibration& calibration, const core::JobContext& job) {
  using core::quant::CalibrationNeed;
  const CalibrationNeed need = core::quant::calibrationNeed(scheme);
  const bool isStack = tensor.shape.rank() == 3;
  return calibration.of(tensor.name, isStack ? std::min(need, CalibrationNeed::Columns) : need, job) != nullptr;
}

}  // namespace

SchemeView viewScheme(const core::quant::QuantizedTensor& tensor, const core::quant::Scheme& scheme,
                      std::uint64_t around, const core::JobContext& job, core::quant::Calibration* calibration) {
  SchemeView view;
  view.scheme = scheme;
  view.around = around;
  if (!core::quant::accepts(scheme, tensor.shape, &view.refused) || tensor.shape.count() == 0) return view;
  const bool isWhole = looksAtAll(scheme);
  if (isWhole && (calibration == nullptr || !isKnown(tensor, scheme, *calibration, job.part(0.0, 0.0)))) {
    view.refused = calibration == nullptr ? "it needs a calibration" : "the calibration text has shown no inputs of it";
    return view;
  }
  const auto range = isWhole ? core::quant::FlatRange{0, tensor.shape.count()}
                             : core::quant::rangeToQuantize(scheme, tensor.shape, around);
  const auto quantized = isWhole ? core::quant::quantizeCalibrated(scheme, tensor, calibration, job)
                                 : core::quant::quantize(scheme, cut(tensor, range), job);
  view.value = valueAt(*quantized, around - range.first);
  view.grid = core::quant::gridAround(*quantized, around - range.first);
  view.grid.first += range.first;
  return view;
}

QString blockText(const core::tensor::Shape& shape, std::uint64_t first, std::uint64_t count) {
  const std::uint64_t columns = std::max<std::uint64_t>(shape.rowValues(), 1), last = first + count - 1;
  if (count == shape.count() && shape.rows() > 1)
    return QCoreApplication::translate("SchemeLevels", "the whole tensor");
  if (count == 1) return placeText(shape, first);
  if (first / columns != last / columns) return placeText(shape, first) + u'–' + placeText(shape, last);
  QString text = placeText(shape, first);
  text.chop(1);
  return text + u'–' + QString::number(last % columns) + u']';
}

}  // namespace app
