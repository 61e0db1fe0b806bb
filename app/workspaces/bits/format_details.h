#pragma once
#include <QWidget>
#include <utility>
#include <vector>

class QBoxLayout;
class QGridLayout;

namespace app {

class BitsState;
struct FormatRow;
class Label;

/// Everything about the selected format's code: exact value, formula, fields, neighbours, what rounds to it, errors.
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
  void refreshNeighbours(const FormatRow& row);
  void refreshErrors(const FormatRow& row);
  QString significandText(const FormatRow& row) const;
  Label* addFact(const QString& caption);
  void placeFacts(int columns);

  BitsState& m_state;
  QString m_noteOrigin;  ///< the weight that the note is about
  double m_noteNumber = 0;
  QBoxLayout* m_columns;
  QGridLayout* m_facts;
  Label *m_title, *m_exact, *m_formula, *m_fields, *m_rounding, *m_scheme;
  QBoxLayout* m_heading;
  std::vector<std::pair<Label*, Label*>> m_factLabels;  ///< caption, value
  Label *m_hex, *m_class, *m_exponent, *m_mantissa, *m_shortest, *m_ulp, *m_previous, *m_next, *m_interval;
  Label *m_error, *m_relative, *m_ulps;
};

}  // namespace app
