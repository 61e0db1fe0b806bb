#include "app/workspaces/chat/template_control.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleValidator>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QLocale>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <variant>

#include "app/session/template_values.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/json_control.h"

namespace app {

namespace {

using core::text::TemplateVariable;
using core::text::jinja::VariableKind;

/// What was set, as a scalar of this kind; nothing where it is another one.
template <typename T>
std::optional<T> scalarOf(const std::optional<std::string>& json) {
  if (!json) return std::nullopt;
  const core::io::JsonTree tree = readJsonTree(*json, "template");
  const T* const value = tree.container ? nullptr : std::get_if<T>(&tree.scalar);
  return value == nullptr ? std::nullopt : std::optional(*value);
}

class FlagControl final : public TemplateControl {
 public:
  explicit FlagControl(const TemplateVariable& variable) : TemplateControl(variable), m_switch(new QCheckBox(title())) {
    if (const auto* usual = std::get_if<bool>(&variable.usual)) m_usual = *usual;
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_switch, 1);
    m_switch->setObjectName(QStringLiteral("template-") + title());
    addUndo(row, !m_usual ? tr("not given") : *m_usual ? tr("on") : tr("off"));
    setJson(std::nullopt);
    connect(m_switch, &QCheckBox::clicked, this, [this](bool on) {
      m_set = on == m_usual ? std::nullopt : std::optional(on);
      noteChange();
    });
  }
  std::optional<std::string> json() const override {
    return m_set ? std::optional<std::string>(*m_set ? "true" : "false") : std::nullopt;
  }
  void setJson(const std::optional<std::string>& json) override {
    m_set = scalarOf<bool>(json);
    const auto shown = m_set ? m_set : m_usual;
    // Half: the template decides, and does not say how.
    m_switch->setCheckState(!shown ? Qt::PartiallyChecked : *shown ? Qt::Checked : Qt::Unchecked);
    m_switch->setTristate(false);
    showUndo();
  }

 private:
  QCheckBox* m_switch;
  std::optional<bool> m_usual, m_set;
};

/// A line; with choices, also a list of them.
class TextControl final : public TemplateControl {
 public:
  explicit TextControl(const TemplateVariable& variable) : TemplateControl(variable) {
    if (const auto* usual = std::get_if<std::string>(&variable.usual)) m_usual = *usual;
    const QString usual = m_usual.empty() ? tr("not given") : QString::fromStdString(m_usual);
    QWidget* field = nullptr;
    if (variable.choices.empty()) {
      m_line = new QLineEdit;
      field = m_line;
    } else {
      auto* box = new QComboBox;
      box->setEditable(true);
      box->setInsertPolicy(QComboBox::NoInsert);
      box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
      for (const std::string& choice : variable.choices) box->addItem(QString::fromStdString(choice));
      box->setCurrentIndex(-1);
      m_line = box->lineEdit();
      field = box;
    }
    field->setObjectName(QStringLiteral("template-") + title());
    field->setAccessibleName(title());
    m_line->setPlaceholderText(usual);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(space::kHalf);
    auto* name = new Label(Label::Style::Body, title());
    name->setTextFormat(Qt::PlainText);
    column->addWidget(name);
    auto* row = new QHBoxLayout;
    row->addWidget(field, 1);
    addUndo(row, usual);
    column->addLayout(row);
    connect(m_line, &QLineEdit::textChanged, this, [this] { noteChange(); });
    showUndo();
  }
  std::optional<std::string> json() const override {
    const std::string text = m_line->text().toStdString();
    return text.empty() || text == m_usual ? std::nullopt : std::optional(jsonOf(text));
  }
  void setJson(const std::optional<std::string>& json) override {
    const QSignalBlocker blocker(m_line);
    m_line->setText(QString::fromStdString(scalarOf<std::string>(json).value_or("")));
    showUndo();
  }

 private:
  QLineEdit* m_line;
  std::string m_usual;
};

class NumberControl final : public TemplateControl {
 public:
  explicit NumberControl(const TemplateVariable& variable) : TemplateControl(variable), m_line(new QLineEdit) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    auto* name = new Label(Label::Style::Body, title());
    name->setTextFormat(Qt::PlainText);
    row->addWidget(name);
    row->addWidget(m_line, 1);
    m_line->setObjectName(QStringLiteral("template-") + title());
    m_line->setAccessibleName(title());
    m_line->setPlaceholderText(tr("not given"));
    auto* validator = new QDoubleValidator(m_line);
    validator->setLocale(QLocale::c());
    m_line->setValidator(validator);
    addUndo(row, tr("not given"));
    connect(m_line, &QLineEdit::textChanged, this, [this] { noteChange(); });
    showUndo();
  }
  std::optional<std::string> json() const override {
    bool isNumber = false;
    const double value = m_line->text().toDouble(&isNumber);
    if (!isNumber || !std::isfinite(value)) return std::nullopt;
    return QString::number(value, 'g', 15).toStdString();
  }
  void setJson(const std::optional<std::string>& json) override {
    const QSignalBlocker blocker(m_line);
    m_line->setText(QString::fromStdString(json.value_or("")));
    showUndo();
  }

 private:
  QLineEdit* m_line;
};

}  // namespace

TemplateControl* TemplateControl::of(const TemplateVariable& variable) {
  switch (variable.kind) {
    case VariableKind::Flag:
      return new FlagControl(variable);
    case VariableKind::Number:
      return new NumberControl(variable);
    case VariableKind::List:
      return new JsonControl(variable);
    case VariableKind::Text:
      break;
  }
  return new TextControl(variable);
}

TemplateControl::TemplateControl(const TemplateVariable& variable) : m_name(variable.name) {}

void TemplateControl::addUndo(QHBoxLayout* row, const QString& usual) {
  row->setSpacing(space::kHalf);
  m_undo = new QToolButton;
  m_undo->setIcon(icon(QStringLiteral("undo")));
  m_undo->setObjectName(QStringLiteral("undo-") + title());
  m_undo->setToolTip(tr("As the template has it: %1").arg(usual));
  m_undo->setAccessibleName(tr("%1 as the template has it").arg(title()));
  QSizePolicy policy = m_undo->sizePolicy();
  policy.setRetainSizeWhenHidden(true);
  m_undo->setSizePolicy(policy);
  row->addWidget(m_undo);
  connect(m_undo, &QToolButton::clicked, this, [this] {
    setJson(std::nullopt);
    Q_EMIT changed();
  });
}

void TemplateControl::showUndo() { m_undo->setVisible(isSet()); }

void TemplateControl::noteChange() {
  showUndo();
  Q_EMIT changed();
}

}  // namespace app
