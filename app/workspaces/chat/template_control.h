#pragma once
#include <QWidget>
#include <optional>
#include <string>

#include "core/text/chat_template.h"

class QHBoxLayout;
class QToolButton;

namespace app {

/// One variable of a chat template under its name, with a way back to what the template says by itself.
class TemplateControl : public QWidget {
  Q_OBJECT
 public:
  /// The control for a variable's kind: a switch, a line or choice, a number, an editor of JSON.
  static TemplateControl* of(const core::text::TemplateVariable& variable);

  const std::string& name() const { return m_name; }
  /// What it is set to, as JSON; nothing where the template's own default holds.
  virtual std::optional<std::string> json() const = 0;
  virtual void setJson(const std::optional<std::string>& json) = 0;

 Q_SIGNALS:
  void changed();

 protected:
  explicit TemplateControl(const core::text::TemplateVariable& variable);
  QString title() const { return QString::fromStdString(m_name); }
  /// Puts the way back at the end of a row. @param usual what it leads back to, in words
  void addUndo(QHBoxLayout* row, const QString& usual);
  /// To be called whenever the person changed something.
  void noteChange();
  void showUndo();
  /// Whether there is something to take back.
  virtual bool isSet() const { return json().has_value(); }

 private:
  std::string m_name;
  QToolButton* m_undo = nullptr;
};

}  // namespace app
