#pragma once
#include <QDialog>
#include <optional>
#include <string>

#include "app/session/quantize_target.h"
#include "app/workspaces/train/train_state.h"

class QComboBox;
class QPushButton;

namespace app {

class Label;

/// An adapter put into the weights: into which, stored how, and where.
struct MergeOrder {
  std::string runs;            ///< as openRecipe() reads it: "nf4:double=on+adapter:PATH"
  core::model::Recipe stored;  ///< the default: not quantized again
  QuantizeTarget target;
};

/// Asks what an adapter is merged into and what the sums are stored as, says what that makes, then where it goes.
class MergeDialog : public QDialog {
  Q_OBJECT
 public:
  /// @pre a run of QLoRA with a result  @param name that the file is suggested to have, without an ending
  MergeDialog(TrainState& state, const QString& name, QWidget* parent = nullptr);

 Q_SIGNALS:
  void mergeWanted(const MergeOrder& order);

 private:
  /// What the choice makes.
  struct Preview {
    std::optional<QuantizeTarget> target;  ///< of a placeholder's name; nothing: nothing holds it
    QString whyNot;                        ///< then
    std::uint64_t bytes = 0;
    double bitsPerWeight = 0;
  };
  void addStored(const core::model::Recipe& recipe);
  std::string runs() const;
  const core::model::Recipe& stored() const;
  void preview();
  void show(const Preview& preview);
  void askWhere();

  TrainState& m_state;
  QString m_name;
  QComboBox *m_base, *m_stored;
  std::vector<core::model::Recipe> m_recipes;  ///< of m_stored's rows
  Label* m_note;
  QPushButton* m_save;
  std::optional<QuantizeTarget> m_target;
};

}  // namespace app
