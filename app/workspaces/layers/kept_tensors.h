#pragma once
#include <QTreeWidget>

#include "app/session/open_model.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

/// The tensors that stay as stored under a scheme or recipe, each with the reason, its type and its bytes. Sorts,
/// copies with Ctrl+C.
class KeptTensors : public QTreeWidget {
  Q_OBJECT
 public:
  explicit KeptTensors(QWidget* parent = nullptr);

  /// @param model null: none is open @param plan null: what no scheme touches
  void show(const OpenModel* model, const core::model::RecipePlan* plan);
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
