#pragma once
#include <QWidget>

#include "core/model/kv_type.h"

class QComboBox;

namespace app {

/// What keys are kept in and, beside or under it, values, which usually are kept as keys are.
class KvTypeField : public QWidget {
  Q_OBJECT

 public:
  /// @param name of the choice of keys; that of values has "-values" behind it
  explicit KvTypeField(const QString& name, Qt::Orientation orientation = Qt::Horizontal, QWidget* parent = nullptr);

  core::model::KvType type() const;
  /// Without a signal.
  void setType(core::model::KvType type);

 Q_SIGNALS:
  void chosen();

 private:
  QComboBox *m_keys, *m_values;
};

/// "FP16", "Q8_0/Q4_0"
QString kvTitle(core::model::KvType type);
/// The formats as people meet them: FP16, smaller ones, and FP32 at last.
std::span<const core::model::KvFormat> offeredKvFormats();
/// What a format is, in a sentence.
QString describe(core::model::KvFormat format);

}  // namespace app
