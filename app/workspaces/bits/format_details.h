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

/// Everything about the selected format's code: exact value, formula, fields, neighbours, why it was rounded so.
class FormatDetails : public QWidget {
  Q_OBJECT
 public:
  explicit FormatDetails(BitsState& state, QWidget* parent = nullptr);
  /// Narrow: one column (at the side); wide: value and rounding beside the table of fields (below).
  void setNarrow(bool narrow);
  /// One line about what a scheme makes of a weight of this origin and value; shown only while that is the number under
  /// the lens. Empty: none.
  void setSchemeNote(const QString& note, const QString& origin, double number);

 private:
  void refresh();
  void refreshNote();
  Label* addFact(const QString& caption);
  void placeFacts(int columns);

  BitsState& m_state;
  QString m_noteOrigin;  ///< the weight that the note is about
  double m_noteNumber = 0;
  QBoxLayout* m_columns;
  QGridLayout* m_facts;
  Label *m_title, *m_exact, *m_formula, *m_fields, *m_rounding, *m_scheme;
  QBoxLayout *m_heading, *m_decision;
  GuardBits* m_guard;
  std::vector<std::pair<Label*, Label*>> m_factLabels;  ///< caption, value
  Label *m_hex, *m_class, *m_exponent, *m_mantissa, *m_ulp, *m_previous, *m_next, *m_error;
};

}  // namespace app
