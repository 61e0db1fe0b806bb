#pragma once
#include <QTextBrowser>

#include "app/selection/selection.h"

namespace app {

/// What the opened file says of itself: warnings first, then architecture, shape, tokenizer, sizes per type, all
/// metadata. A document rather than labels: it wraps at any width and can be selected and copied.
class ModelCard : public QTextBrowser {
  Q_OBJECT
 public:
  explicit ModelCard(Selection& selection, QWidget* parent = nullptr);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  /// Builds the page; postponed until it is seen.
  void fill();
  QString facts(const OpenModel& model) const;

  Selection& m_selection;
  bool m_stale = true;
};

}  // namespace app
