#pragma once
#include <QWidget>
#include <vector>

#include "app/session/adviser.h"
#include "app/workspaces/compare/planned_source.h"

class QComboBox;
class QDoubleSpinBox;
class QSettings;
class QSpinBox;

namespace app {

class CandidateCard;
class DeviceTableModel;
class Label;

/// "What should I use?": a device, a context and what matters become three candidates with reasons.
class AdviserPage : public QWidget {
  Q_OBJECT
 public:
  AdviserPage(CompareState& state, SourcePlans& plans, DeviceTableModel& devices, QWidget* parent = nullptr);

  void refresh();
  const Advice& advice() const { return m_advice; }
  QString preset() const;
  /// @return whether there is such a situation
  bool choosePreset(const QString& id);
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 private:
  QWidget* buildBar();
  void fillDevices();
  void askPreset();
  void advise();
  void use(const CandidateCard& card);
  AdviceQuestion question() const;
  std::vector<AdviceOption> options() const;
  std::vector<core::model::Recipe> recipes() const;
  QString costOf(const Candidate& candidate) const;

  CompareState& m_state;
  SourcePlans& m_plans;
  DeviceTableModel& m_devices;
  QComboBox *m_preset, *m_device, *m_priority;
  QSpinBox *m_context, *m_sequences;
  QDoubleSpinBox* m_price;
  Label *m_verdict, *m_said, *m_basis;
  std::vector<CandidateCard*> m_cards;
  std::vector<PlannedDevice> m_choices;  ///< [m_device]
  Advice m_advice;
};

}  // namespace app
