#pragma once
#include <QWidget>

#include "app/session/device_choice.h"
#include "core/model/session.h"

class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QPlainTextEdit;
class QSettings;
class QSpinBox;

namespace app {

/// The knobs of the sampler, shared by every pane, the system prompt and the device.
class SamplingPanel : public QWidget {
  Q_OBJECT
 public:
  explicit SamplingPanel(QWidget* parent = nullptr);

  core::model::GenerationOptions options() const;
  QString systemPrompt() const;
  DeviceChoice device() const;
  /// Fills the device list. @param devices text of the choice → name for people; the first is selected by default
  void setDevices(const std::vector<std::pair<QString, QString>>& devices);
  void setDevice(const QString& choice);

  void save(QSettings& settings) const;
  void restore(const QSettings& settings);

 Q_SIGNALS:
  void deviceChanged();

 private:
  QDoubleSpinBox* addReal(const QString& label, double low, double high, double step, double value,
                          const QString& help);
  QSpinBox* addWhole(const QString& label, int low, int high, int value, const QString& help);

  QFormLayout* m_form;
  QComboBox* m_device;
  QDoubleSpinBox *m_temperature, *m_topP, *m_minP, *m_penalty;
  QSpinBox *m_topK, *m_seed, *m_maxTokens;
  QPlainTextEdit* m_system;
};

}  // namespace app
