#pragma once
#include <QTreeWidget>

#include "app/session/open_model.h"

namespace app {

/// The tensors that no scheme touches, each with the reason and its share of the file. Sorts, copies with Ctrl+C.
class KeptTensors : public QTreeWidget {
  Q_OBJECT
 public:
  explicit KeptTensors(QWidget* parent = nullptr);

  /// Null: no model is open.
  void showModel(const OpenModel* model);
  /// "25 tensors, 12.3 % of the bytes"
  QString summary() const { return m_summary; }

 Q_SIGNALS:
  /// Index in the checkpoint.
  void tensorActivated(std::size_t tensor);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QString m_summary;
};

}  // namespace app
