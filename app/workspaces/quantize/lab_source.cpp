#include "app/workspaces/quantize/lab_source.h"

#include <memory>
#include <vector>

#include "app/selection/selection.h"
#include "app/text/tr.h"
#include "core/base/error.h"

namespace app {

using text::tr;

namespace {

core::quant::QuantizedTensorPtr tensorOf(std::vector<float> numbers, const char* name) {
  auto values = std::make_shared<std::vector<float>>(std::move(numbers));
  return std::make_shared<core::quant::QuantizedTensor>(
      core::tensor::TensorView{name, core::tensor::DType::F32, core::tensor::Shape{1, values->size()},
                               std::as_bytes(std::span<const float>(*values)), values});
}

}  // namespace

QString LabSource::keyOf(const LabInput& input, const Selection& selection) {
  switch (input.source) {
    case WeightSource::Tensor:
      if (selection.tensorInfo() == nullptr) return {};
      return QString::fromStdString(selection.model()->source() + '\n' + selection.tensorInfo()->name);
    case WeightSource::Drawn:
      return QStringLiteral("drawn %1 %2 %3 %4 %5")
          .arg(static_cast<int>(input.draw.distribution))
          .arg(input.draw.count)
          .arg(input.draw.seed)
          .arg(input.draw.outliers)
          .arg(input.draw.outlierSize);
    case WeightSource::Typed:
      return QStringLiteral("typed ") + input.typed;
  }
  return {};
}

void LabSource::load(const LabInput& input, const Selection& selection) {
  *this = LabSource();
  m_key = keyOf(input, selection);
  try {
    if (input.source == WeightSource::Drawn)
      loadDrawn(input);
    else if (input.source == WeightSource::Typed)
      loadTyped(input);
    else
      loadTensor(selection);
    if (m_tensor && m_tensor->shape.count() == 0) {
      m_whyNone = tr("This tensor holds no weights.");
      m_tensor.reset();
    }
  } catch (const core::Error& error) {
    m_whyNone = QString::fromUtf8(error.what());
  }
}

void LabSource::loadTensor(const Selection& selection) {
  if (selection.tensorInfo() == nullptr) {
    m_whyNone = selection.model() ? tr("Choose a tensor, in Inspect or with Ctrl+K.")
                                  : tr("Open a model to look at its weights, or draw some.");
    return;
  }
  const std::size_t index = *selection.tensor();
  m_tensor = selection.model()->tensor(index);
  m_name = QString::fromStdString(m_tensor->name);
  m_whyKept = QString::fromStdString(selection.model()->choices()[index].reason);
}

void LabSource::loadDrawn(const LabInput& input) {
  m_tensor = tensorOf(core::metrics::drawWeights(input.draw), "drawn");
  m_name = tr("%1 drawn weights (%2, seed %3)")
               .arg(input.draw.count)
               .arg(QString::fromUtf8(core::metrics::toString(input.draw.distribution).data()))
               .arg(input.draw.seed);
}

/// With as many zeros as the format's blocks ask for: whoever types three weights wants to see them in every format.
void LabSource::loadTyped(const LabInput& input) {
  std::vector<float> values = parseWeights(input.typed);
  const auto dtype = core::quant::storedDType(input.scheme.format);
  const std::size_t block = dtype ? core::tensor::info(*dtype).blockValues : 1;
  const std::size_t filled = (block - values.size() % block) % block;
  values.resize(values.size() + filled);
  m_tensor = tensorOf(std::move(values), "typed");
  m_name = filled == 0 ? tr("typed weights") : tr("typed weights and %1 zeros to fill a block").arg(filled);
}

}  // namespace app
