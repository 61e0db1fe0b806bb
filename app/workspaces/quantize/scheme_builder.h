#pragma once
#include <QWidget>

#include "core/quant/scheme.h"

class QComboBox;
class QLineEdit;
class QPushButton;
class QStringListModel;
class QToolButton;

namespace app {

class FlowLayout;
class LabState;
class Selection;

/// A scheme as text and as controls, each of which follows the other: one control per option that the scheme takes, as
/// the table of options says. And the way to use it everywhere.
class SchemeBuilder : public QWidget {
  Q_OBJECT
 public:
  SchemeBuilder(LabState& state, Selection& selection, QWidget* parent = nullptr);

 Q_SIGNALS:
  /// What is wrong with the text; empty when nothing is.
  void problemFound(const QString& sentence);

 private:
  void buildText();
  void buildCopy();
  void fillFormats();
  void takeText();
  void useEverywhere();
  void refresh();
  void refreshOptions(const core::quant::Scheme& scheme);
  QWidget* makeControl(const char* key);

  LabState& m_state;
  Selection& m_selection;
  QLineEdit* m_text;
  QPushButton* m_use;
  QToolButton* m_copy;
  QComboBox* m_format;
  QWidget* m_options;
  FlowLayout* m_flow;
  QStringListModel* m_completions;
  bool m_refreshing = false;
};

}  // namespace app
