#pragma once
#include <QString>
#include <cstddef>

#include "app/workspaces/quantize/lab_input.h"
#include "core/quant/quantized_tensor.h"

namespace app {

class Selection;

/// The weights that an input names, without its edits.
class LabSource {
 public:
  /// Says which weights an input means: another key, other weights. Empty where there is no tensor.
  static QString keyOf(const LabInput& input, const Selection& selection);

  void load(const LabInput& input, const Selection& selection);
  /// Null where there are none; then whyNone() says why.
  const core::quant::QuantizedTensorPtr& tensor() const { return m_tensor; }
  const QString& whyNone() const { return m_whyNone; }
  /// Why every scheme keeps the tensor as it is stored, as a fragment: "a norm"; empty where one is for it.
  const QString& whyKept() const { return m_whyKept; }
  const QString& key() const { return m_key; }
  /// "blk.3.attn_q.weight", "256 drawn weights (normal, seed 1)", "typed weights"
  const QString& name() const { return m_name; }

 private:
  void loadTensor(const Selection& selection);
  void loadDrawn(const LabInput& input);
  void loadTyped(const LabInput& input);

  core::quant::QuantizedTensorPtr m_tensor;
  QString m_key, m_name, m_whyNone, m_whyKept;
};

}  // namespace app
