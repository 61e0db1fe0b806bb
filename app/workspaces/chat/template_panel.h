#pragma once
#include <QWidget>
#include <vector>

#include "app/session/template_values.h"

class QVBoxLayout;

namespace app {

class TemplateControl;

/// What a model's chat template can be told besides the conversation: a control for each of its variables. Not there
/// for a template without any.
class TemplatePanel : public QWidget {
  Q_OBJECT
 public:
  explicit TemplatePanel(QWidget* parent = nullptr);

  /// Of the open model's template. Values that were set before and have a variable here hold.
  void setVariables(const std::vector<core::text::TemplateVariable>& variables);
  bool isEmpty() const { return m_controls.empty(); }
  /// Those that differ from the template's own.
  TemplateValues values() const;
  /// As remembered; they may come before the variables do.
  void setValues(const TemplateValues& values);

 Q_SIGNALS:
  void changed();

 private:
  void apply(const TemplateValues& values);

  QVBoxLayout* m_column;
  std::vector<TemplateControl*> m_controls;
  TemplateValues m_remembered;  ///< that wait for their variables
};

}  // namespace app
