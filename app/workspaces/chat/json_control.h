#pragma once
#include "app/workspaces/chat/template_control.h"

class QPlainTextEdit;

namespace app {

class FoldHead;
class Label;

/// A list or an object for a template: tools, documents. Its head says what there is; under it one writes JSON or takes
/// it from a file. What is no JSON is not given to the template, and a sentence says so.
class JsonControl : public TemplateControl {
  Q_OBJECT
 public:
  explicit JsonControl(const core::text::TemplateVariable& variable);

  std::optional<std::string> json() const override { return m_json; }
  void setJson(const std::optional<std::string>& json) override;
  void openFile(const QString& path);

 protected:
  bool isSet() const override;

 private:
  void buildEditor();
  void askForFile();
  /// Reads what stands in the editor.
  void read();

  FoldHead* m_head;
  QWidget* m_body;
  QPlainTextEdit* m_editor;
  Label* m_problem;
  std::optional<std::string> m_json;
};

}  // namespace app
