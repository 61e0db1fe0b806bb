#pragma once
#include <array>

#include "app/workspaces/workspace.h"

class QGridLayout;
class QPushButton;
class QStackedWidget;

namespace app {

class BlockStep;
class Card;
class DepthStep;
class HandChanges;
class Label;
class MatrixStep;
class OldVeil;
class ProofBar;
class StepBar;
class TensorStep;
class TraceBar;
class TraceState;
struct TraceQuestion;

/// From a wrong word to the weights that caused it, in four steps: depth, tensors, the matrix, the block. The steps
/// stand side by side where there is room, else one at a time.
///
/// Links: trace?scheme=TEXT&prompt=TEXT&token=N (trace_link.h), with step=1…4, tensor= and weight=
class TraceWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit TraceWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);
  ~TraceWorkspace() override;

  void setActive(bool active) override;
  QString helpText() const override;
  void showExample() override;
  QString openLink(const Link& link) override;
  Link link() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;
  TraceState& state() const { return *m_state; }

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QWidget* buildSteps();
  QWidget* buildMessage();
  void connectSteps();
  void refresh();
  void refreshPlace();
  void refreshCase();
  void showStep(int step);
  /// Comes from one step to the next, with the keyboard.
  void descend(int step);
  void arrange();
  /// @param hasPlace a tensor was named with it
  void askUnlessKnown(const TraceQuestion& question, bool hasPlace);
  /// The same question about a scheme that changes more words.
  void askCoarser(TraceQuestion question);
  void openBits();
  void openQuantize();

  TraceState* m_state;
  HandChanges* m_changes;
  TraceBar* m_bar;
  Label *m_case, *m_messageTitle, *m_messageText;
  QPushButton* m_coarser;
  ProofBar* m_proof;
  StepBar* m_steps;
  QStackedWidget* m_pages;
  QWidget* m_grid;
  QGridLayout* m_gridLayout;
  DepthStep* m_depth;
  TensorStep* m_tensors;
  MatrixStep* m_matrix;
  BlockStep* m_block;
  std::array<Card*, 4> m_cards{};
  std::array<OldVeil*, 3> m_veils{};
  bool m_isActive = false, m_isWide = false;
};

}  // namespace app
