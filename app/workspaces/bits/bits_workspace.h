#pragma once
#include "app/selection/bits_state.h"
#include "app/workspaces/workspace.h"

class QComboBox;
class QVBoxLayout;
class QPushButton;
class QLineEdit;
class QSplitter;
class QToolButton;

namespace app {

class BitTable;
class Card;
class FormatDetails;
struct WeightReading;
class Label;

/// One number, every format, bit by bit: typed, or the selected weight of the model.
class BitsWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit BitsWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);

  void setActive(bool active) override;
  QString helpText() const override;
  void showExample() override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;
  BitsState& state() { return m_state; }

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* buildInput();
  void connectState();
  void takeTyped();
  void takeSelectedWeight();
  /// Whether this is still the chosen weight: what was computed for another one must not be shown.
  bool isChosen(const std::shared_ptr<OpenModel>& model, std::size_t tensor, std::uint64_t weight) const;
  enum class Beside { Itself, Neighbour };
  void takeLargest(Beside beside);
  void takeRandom();
  void refreshInput();
  void refreshModel();
  void takeAbsmax();
  void showProblem(QLineEdit* field, const QString& sentence);
  void refreshSchemeNote();
  void showSchemeNote(const QString& note, const QString& origin = {}, double number = 0);
  void arrange();

  BitsState m_state;
  QLineEdit *m_field, *m_absmax;
  Label *m_origin, *m_problem;
  QToolButton *m_undo, *m_redo;
  QPushButton* m_fromModel;
  QComboBox* m_rounding;
  Card *m_detailsCard, *m_lineCard, *m_chartCard;
  FormatDetails* m_details;
  QVBoxLayout *m_page, *m_tableColumn;
  QSplitter* m_splitter;  ///< table and details
  bool m_sideBySide = false;
  bool m_active = false;
  bool m_splitterMoved = false;  ///< by the person: then sizes are left alone
};

}  // namespace app
