#pragma once
#include <QWidget>

#include "app/session/train_settings.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QSettings;
class QSpinBox;

namespace app {

class FileChoice;
class RateField;

/// What training an adapter is told beside the facts: its rank, replay, steps; behind "More" the rest.
class QloraForm : public QWidget {
  Q_OBJECT
 public:
  explicit QloraForm(QWidget* parent = nullptr);

  /// Without facts. @param problem the sentence that says why it cannot be asked; empty: it can
  QloraLabSettings settings(QString* problem) const;
  /// No signal.
  void setSettings(const QloraLabSettings& settings);
  void setReplay(bool replay);
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void edited();

 private:
  void buildAdapter(QFormLayout& form);
  void buildRest(QFormLayout& form);

  QloraLabSettings m_given;  ///< what cannot be set here is as it was given
  QComboBox *m_base, *m_targets, *m_state;
  QSpinBox *m_rank, *m_steps, *m_every, *m_batch, *m_seed;
  QDoubleSpinBox *m_alpha, *m_dropout;
  RateField* m_rate;
  QCheckBox* m_replay;
  FileChoice *m_data, *m_heldOut;
};

}  // namespace app
