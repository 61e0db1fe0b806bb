#pragma once
#include <QWidget>
#include <utility>
#include <vector>

class QBoxLayout;
class QGridLayout;

namespace app {

class BitsState;
class GuardBits;
class Label;
class NumberLine;

/// Everything about the selected format's code: exact value, formula, fields, neighbours, why it was rounded so.
class FormatDetails : public QWidget {
  Q_OBJECT
 public:
  explicit FormatDetails(BitsState& state, QWidget* parent = nullptr);
  /// Narrow: one column (at the side); wide: value and rounding beside the table of fields (below).
  void setNarrow(bool narrow);
  /// One line about what the current scheme makes of the chosen weight; empty hides it.
  void setSchemeNote(const QString& note);

 private:
  void refresh();
  Label* addFact(const QString& caption);
  void placeFacts(int columns);

  BitsState& m_state;
  QBoxLayout* m_columns;
  QGridLayout* m_facts;
  Label *m_title, *m_exact, *m_formula, *m_rounding, *m_scheme;
  QBoxLayout *m_heading, *m_decision;
  GuardBits* m_guard;
  NumberLine* m_line;
  std::vector<std::pair<Label*, Label*>> m_factLabels;  ///< caption, value
  Label *m_hex, *m_class, *m_exponent, *m_mantissa, *m_ulp, *m_previous, *m_next, *m_error;
};

}  // namespace app
