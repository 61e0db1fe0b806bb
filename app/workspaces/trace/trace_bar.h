#pragma once
#include <QWidget>
#include <memory>
#include <optional>

#include "app/selection/trace_question.h"

class QComboBox;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace app {

class TraceState;

/// What a trace is asked: prompt, the two variants, the token, the device.
class TraceBar : public QWidget {
  Q_OBJECT
 public:
  explicit TraceBar(TraceState& state, QWidget* parent = nullptr);

  /// What the fields ask; nothing while they ask nothing.
  std::optional<TraceQuestion> asked() const;
  /// Asks it.
  void ask();
  void focusPrompt();
  void setPrompt(const QString& prompt);

 Q_SIGNALS:
  void edited();  ///< the fields ask something else

 private:
  void fillVariants();
  void showQuestion();
  void refresh();
  core::model::Recipe recipeOf(const QComboBox& box) const;
  void choose(QComboBox& box, const core::model::Recipe& recipe);

  TraceState& m_state;
  QLineEdit* m_prompt;
  QComboBox *m_reference, *m_compared, *m_device;
  QSpinBox* m_token;
  QPushButton* m_run;
  std::vector<core::model::Recipe> m_recipes;    ///< by the boxes' data
  std::shared_ptr<const TraceQuestion> m_shown;  ///< the question the fields were filled from
  QString m_shownText;
  int m_shownToken = -1;
};

}  // namespace app
