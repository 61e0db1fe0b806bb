#pragma once
#include <QComboBox>
#include <optional>

#include "app/session/export_preview.h"
#include "app/session/quantize_target.h"

namespace app {

/// As what a model is written: a file of a format, or a folder as another program's readers expect it. What cannot hold
/// the recipe stands there disabled, with the reason as its tool tip. The choice follows the recipe until somebody
/// chooses; what was chosen stays while it is possible.
class ExportTargetBox : public QComboBox {
  Q_OBJECT
 public:
  explicit ExportTargetBox(QWidget* parent = nullptr);

  /// @param source what the model is stored as
  void setPreview(const ExportPreview& preview, core::io::FileFormat source);
  /// Nothing can be chosen: there is no preview.
  void clearPreview();
  /// Nothing where no target can hold the recipe.
  std::optional<TargetKind> kind() const;
  /// Chosen as if by hand, where it is possible: a name was typed that ends so.
  void choose(core::io::FileFormat format);
  /// Why none can hold it, by the target that comes nearest; empty where one can.
  QString whyNone() const;

 Q_SIGNALS:
  void kindChanged();

 private:
  struct Item {
    TargetKind kind;
    QString title, whyNot;
  };
  void select(int item);
  int itemOf(const TargetKind& kind) const;
  bool isPossible(int item) const;

  std::vector<Item> m_items;
  int m_nearest = 0;            ///< what the recipe is most likely written as
  std::optional<int> m_chosen;  ///< by a person
};

/// What a recipe is written as, best first: its own program's layout, else what comes nearest.
std::vector<TargetKind> usualTargets(const core::model::Recipe& recipe, core::io::FileFormat source);

}  // namespace app
