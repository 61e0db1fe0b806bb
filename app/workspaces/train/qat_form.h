#pragma once
#include <QWidget>

#include "app/session/train_settings.h"

class QComboBox;
class QDoubleSpinBox;
class QSettings;
class QSpinBox;

namespace app {

class FileChoice;
class RateField;

/// What quantization-aware training is told: scheme, where ranges come from, data, steps; behind "More" the rest.
class QatForm : public QWidget {
  Q_OBJECT
 public:
  explicit QatForm(QWidget* parent = nullptr);

  /// @param problem the sentence that says why it cannot be asked; empty: it can
  QatLabSettings settings(QString* problem) const;
  /// No signal.
  void setSettings(const QatLabSettings& settings);
  /// The text of the scheme that is chosen or typed.
  QString scheme() const;
  void setScheme(const QString& text);
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void edited();
  void schemeChosen(const QString& text);  ///< of the list

 private:
  void buildScheme();
  void buildMore(class QFormLayout& form);

  QatLabSettings m_given;  ///< what cannot be set here is as it was given
  QComboBox *m_scheme, *m_range;
  FileChoice *m_data, *m_heldOut;
  QSpinBox *m_steps, *m_every, *m_batch, *m_length, *m_seed;
  RateField* m_rate;
  QDoubleSpinBox* m_distillation;
};

}  // namespace app
