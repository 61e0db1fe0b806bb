#pragma once
#include <QScrollArea>

#include "app/selection/selection.h"

class QVBoxLayout;

namespace app {

/// What the opened file says of itself: architecture, shape, tokenizer, sizes per type, all metadata.
class ModelCard : public QScrollArea {
  Q_OBJECT
 public:
  explicit ModelCard(Selection& selection, QWidget* parent = nullptr);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  /// Builds the page; postponed until it is seen, since a hundred labels take a while.
  void fill();
  void addRow(const QString& name, const QString& value);
  void addHeading(const QString& text);

  Selection& m_selection;
  QVBoxLayout* m_column = nullptr;
  bool m_stale = true;
};

}  // namespace app
