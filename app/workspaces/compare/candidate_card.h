#pragma once
#include <QColor>

#include "app/session/adviser.h"
#include "app/widgets/card.h"

class QPushButton;

namespace app {

class Label;

/// One candidate of the adviser: what it is, how it fills the device, and why.
class CandidateCard : public Card {
  Q_OBJECT
 public:
  explicit CandidateCard(QWidget* parent = nullptr);
  /// @param cost of a million tokens, as a text; empty: not known
  void show(const Candidate& candidate, const QString& title, const QColor& color, const QString& cost, bool isFirst);
  /// Place of what it shows.
  const std::string& scheme() const { return m_scheme; }

 Q_SIGNALS:
  void useWanted();

 private:
  class Fill;
  Label *m_role, *m_name, *m_figures, *m_reasons, *m_cost;
  Fill* m_fill;
  QPushButton* m_use;
  std::string m_scheme;
};

}  // namespace app
