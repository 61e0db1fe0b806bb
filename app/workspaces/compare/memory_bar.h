#pragma once
#include <QWidget>

#include "app/session/memory_plan.h"
#include "app/workspaces/compare/planned_source.h"

class QComboBox;
class QLineEdit;
class QSlider;
class QSpinBox;

namespace app {

class KvTypeField;

/// What memory is planned for: model, context, sequences, keys and values, whose rules.
class MemoryBar : public QWidget {
  Q_OBJECT
 public:
  explicit MemoryBar(SourcePlans& plans, CompareState& state, QWidget* parent = nullptr);

  const MemoryQuestion& question() const { return m_question; }
  void setQuestion(const MemoryQuestion& question);

 Q_SIGNALS:
  void questionChanged();

 private:
  void buildModel();
  void buildMeasures();
  void chooseSource();
  void readMeasures();
  void refresh();
  void ask(const MemoryQuestion& question);

  SourcePlans& m_plans;
  CompareState& m_state;
  MemoryQuestion m_question;
  QComboBox* m_model;
  KvTypeField* m_kv;
  QComboBox* m_program;
  QSlider *m_contextSlider, *m_sequencesSlider;
  QSpinBox *m_context, *m_sequences;
  QWidget* m_measures;  ///< of a typed model
  QLineEdit* m_parameters;
  QSpinBox *m_layers, *m_heads, *m_kvHeads, *m_headSize, *m_window, *m_latent, *m_ropeDims;
};

}  // namespace app
