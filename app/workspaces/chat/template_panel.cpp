#include "app/workspaces/chat/template_panel.h"

#include <QVBoxLayout>
#include <algorithm>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/template_control.h"

namespace app {

TemplatePanel::TemplatePanel(QWidget* parent) : QWidget(parent), m_column(new QVBoxLayout(this)) {
  setObjectName(QStringLiteral("template-panel"));
  m_column->setContentsMargins(0, space::kHalf, 0, space::kHalf);
  m_column->setSpacing(space::kOne);
  m_column->addWidget(new Label(Label::Style::Heading, tr("Template")));
  auto* what = new Label(Label::Style::Hint,
                         tr("What this model's chat template can be told. It counts from the next message."));
  what->setWrapping();
  m_column->addWidget(what);
}

void TemplatePanel::setVariables(const std::vector<core::text::TemplateVariable>& variables) {
  for (TemplateControl* control : m_controls) delete control;
  m_controls.clear();
  // Switches first, what is long last; else as the template reads them.
  auto sorted = variables;
  std::ranges::stable_sort(sorted, {}, &core::text::TemplateVariable::kind);
  for (const auto& variable : sorted) {
    auto* control = TemplateControl::of(variable);
    connect(control, &TemplateControl::changed, this, &TemplatePanel::changed);
    m_column->addWidget(control);
    m_controls.push_back(control);
  }
  apply(m_remembered);
}

TemplateValues TemplatePanel::values() const {
  TemplateValues values;
  for (const TemplateControl* control : m_controls)
    if (auto json = control->json()) values.push_back({control->name(), std::move(*json)});
  return values;
}

void TemplatePanel::setValues(const TemplateValues& values) {
  m_remembered = values;
  apply(values);
  Q_EMIT changed();
}

void TemplatePanel::apply(const TemplateValues& values) {
  for (TemplateControl* control : m_controls) {
    const auto found =
        std::ranges::find_if(values, [&](const TemplateValue& value) { return value.name == control->name(); });
    control->setJson(found == values.end() ? std::nullopt : std::optional(found->json));
  }
}

}  // namespace app
