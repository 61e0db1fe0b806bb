#pragma once
#include <QDialog>
#include <vector>

#include "app/pictures/token_flame.h"
#include "app/workspaces/chat/chat_runner.h"

class QComboBox;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace app {

class FlowLayout;
class Label;
class TextTable;

/// What the time of a token goes to in every pane, measured when it opens and again when it is asked for: figures, and
/// the panes' flames on one scale. The conversation goes on behind it as it was.
class TimeDialog : public QDialog {
  Q_OBJECT
 public:
  /// How a pane is shown.
  struct PaneLook {
    QString title;
    QColor color;
    SeriesMark mark = SeriesMark::Circle;
  };
  /// @param looks of all panes of the setup
  TimeDialog(ChatRunner& runner, ChatSetup setup, std::vector<PaneLook> looks, QWidget* parent);

 private:
  void buildBar(QVBoxLayout& column);
  void buildPicture(QVBoxLayout& column);
  void measure();
  void show(const std::vector<PaneProfile>& profiles);
  void showLegend();
  void showTable();
  void say(const QString& sentence, bool isError = false);

  ChatRunner& m_runner;
  ChatSetup m_setup;
  std::vector<PaneLook> m_looks;
  QComboBox* m_positions;
  QPushButton* m_measure;
  QToolButton* m_export;
  Label *m_notice, *m_verdict, *m_details;
  TextTable* m_table;
  TokenFlame* m_flame;
  FlowLayout* m_legend;
};

/// Which of two models takes longer for a token, by how much, and in which part of it most of that is.
QString timeVerdict(const TokenFlame::Model& reference, const TokenFlame::Model& compared);

}  // namespace app
