#pragma once
#include "app/workspaces/workspace.h"

class QTabWidget;

namespace app {

class ClipPage;
class CalibrationNotice;
class Label;
class LabPage;
class LabState;
struct LabPlace;
class StepsPage;

/// One block of weights, quantized in front of you: the selected tensor's, drawn or typed ones, under any scheme.
class QuantizeWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit QuantizeWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  void showExample() override;
  /// Keys: see lab_link.h.
  QString openLink(const Link& link) override;
  Link link() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;
  LabState& state() { return *m_state; }

 private:
  QWidget* buildHead();
  QWidget* buildTabs();
  void addPage(LabPage* page, const QString& title, const QString& id);
  void frontChanged();
  void followScheme();
  /// −1 for none.
  int indexOf(const QString& tab) const;
  QString tab() const;
  void say(const QString& sentence);
  void openInBits(quint64 flatIndex);
  QString placeOnTensor(const LabPlace& place, Link selected);
  void follow(const LabPlace& place);

  LabState* m_state;
  Label* m_problem;
  CalibrationNotice* m_calibration;
  QTabWidget* m_tabs;
  StepsPage* m_steps;
  ClipPage* m_clip;
  bool m_active = false;
};

}  // namespace app
