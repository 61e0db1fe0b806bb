#pragma once
#include <QWidget>
#include <vector>

#include "app/selection/selection.h"
#include "app/session/design_space.h"

class QComboBox;
class QLineEdit;
class QSettings;

namespace app {

/// How large, or how good, a designed recipe has to be: like another one, in bytes, in bits per weight, or a KL.
class DesignGoal : public QWidget {
  Q_OBJECT
 public:
  explicit DesignGoal(Selection& selection, QWidget* parent = nullptr);

  /// Enters it into a request. @return empty, or the sentence that says what is to be typed  @pre a model is open
  QString read(DesignRequest& request) const;
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 Q_SIGNALS:
  void edited();

 private:
  void fillLike();
  void showFields();

  Selection& m_selection;
  QComboBox *m_kind, *m_like;
  QLineEdit* m_limit;
  std::vector<core::model::Recipe> m_likes;  ///< by the index in the box
};

}  // namespace app
