#include "app/workspaces/quantize/scheme_builder.h"

#include <QComboBox>
#include <QCompleter>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QStringListModel>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <string>

#include "app/selection/scheme_completion.h"
#include "app/selection/selection.h"
#include "app/widgets/copy_as_menu.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"
#include "core/quant/scheme_options.h"

namespace app {
namespace {

using core::quant::SchemeOption;

constexpr int kLeastWidth = 260, kTextWidth = 180, kBetween = 6;

QString builderText(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// What an option is about; the values it may have come from the table itself.
QString explain(std::string_view key) {
  const std::pair<std::string_view, QString> sentences[] = {
      {"group", SchemeBuilder::tr("How many weights of a row share one scale")},
      {"block", SchemeBuilder::tr("How many weights share one scale")},
      {"scale", SchemeBuilder::tr("What shares one scale")},
      {"range", SchemeBuilder::tr("How the range that the levels span is chosen")},
      {"p", SchemeBuilder::tr("The percentile that the range ends at")},
      {"zero", SchemeBuilder::tr("Whether a zero-point moves the levels over an uneven range")},
      {"scales", SchemeBuilder::tr("What a scale is stored as")},
      {"base", SchemeBuilder::tr("The factor between two neighbouring levels")},
      {"double", SchemeBuilder::tr("Whether the scales are quantized themselves (double quantization)")},
      {"method", SchemeBuilder::tr("How the codes are chosen")},
      {"compute", SchemeBuilder::tr("What products with the weights run in")}};
  for (const auto& [name, sentence] : sentences)
    if (name == key) return sentence;
  return builderText(key);
}

const SchemeOption* optionOf(std::string_view key) {
  for (const SchemeOption& option : core::quant::schemeOptions())
    if (option.key == key) return &option;
  return nullptr;
}

}  // namespace

SchemeBuilder::SchemeBuilder(LabState& state, Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_selection(selection),
      m_text(new QLineEdit),
      m_use(new QPushButton(tr("Use everywhere"))),
      m_copy(new QToolButton),
      m_format(new QComboBox),
      m_options(new QWidget),
      m_flow(new FlowLayout(m_options)),
      m_completions(new QStringListModel(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  buildText();
  m_use->setObjectName(QStringLiteral("lab-use"));
  m_use->setToolTip(tr("Tick this scheme in the list of schemes, so that every page compares it"));
  m_format->setAccessibleName(tr("Number format"));
  m_format->setObjectName(QStringLiteral("lab-format"));
  m_format->setMaxVisibleItems(18);
  fillFormats();
  m_flow->setSpacing(kBetween);
  m_flow->setLeastWidth(kLeastWidth);
  m_flow->addWidget(m_text);
  m_flow->addWidget(m_format);
  m_options->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  row->addWidget(m_options, 1);
  buildCopy();
  row->addWidget(m_copy, 0, Qt::AlignTop);
  row->addWidget(m_use, 0, Qt::AlignTop);
  connect(m_use, &QPushButton::clicked, this, &SchemeBuilder::useEverywhere);
  connect(m_format, &QComboBox::activated, this, [this] {
    const auto name = static_cast<core::quant::FormatName>(m_format->currentData().toInt());
    m_state.setScheme(core::quant::withFormat(m_state.input().scheme, name));
  });
  connect(&m_state, &LabState::inputChanged, this, &SchemeBuilder::refresh);
  connect(&m_selection, &Selection::schemesChanged, this, &SchemeBuilder::refresh);
  refresh();
}

void SchemeBuilder::buildText() {
  m_text->setFont(Theme::instance().monoFont());
  m_text->setAccessibleName(tr("Scheme as text"));
  m_text->setObjectName(QStringLiteral("lab-scheme"));
  m_text->setToolTip(tr("The scheme in its text form, as the command line and files have it. Enter takes it."));
  m_text->setMinimumWidth(Theme::instance().px(kTextWidth));
  // The field's own: its list lies in front of the field, and closed with the rest it would finish an edit that nobody
  // can take any more.
  auto* completer = new QCompleter(m_completions, m_text);
  completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
  completer->setMaxVisibleItems(8);
  m_text->setCompleter(completer);
  connect(m_text, &QLineEdit::textEdited, this, [this](const QString& typed) {
    m_completions->setStringList(schemeCompletions(typed.trimmed()));
    Q_EMIT problemFound({});
  });
  connect(m_text, &QLineEdit::editingFinished, this, &SchemeBuilder::takeText);
  connect(completer, qOverload<const QString&>(&QCompleter::activated), this, [this](const QString& text) {
    m_text->setText(text);
    if (!text.endsWith(u'=')) takeText();
  });
}

// The menu is made as it opens: it is of the scheme that stands there then.
void SchemeBuilder::buildCopy() {
  m_copy->setObjectName(QStringLiteral("lab-copy"));
  m_copy->setText(tr("Copy as"));
  m_copy->setToolTip(tr("What to type in other programs to get the same"));
  m_copy->setPopupMode(QToolButton::InstantPopup);
  auto* menu = new QMenu(m_copy);
  m_copy->setMenu(menu);
  connect(menu, &QMenu::aboutToShow, this,
          [this, menu] { fillCopyAsMenu(*menu, core::model::Recipe(m_state.input().scheme)); });
}

void SchemeBuilder::fillFormats() {
  for (const core::quant::FormatInfo& format : core::quant::allFormats())
    m_format->addItem(builderText(format.display), static_cast<int>(format.name));
  m_format->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  m_format->setMinimumContentsLength(8);
}

void SchemeBuilder::takeText() {
  const QString text = m_text->text().trimmed();
  if (m_refreshing || text == QString::fromStdString(m_state.input().scheme.toString())) return;
  const QString problem = m_state.setSchemeText(text);
  m_text->setProperty("invalid", !problem.isEmpty());
  m_text->style()->polish(m_text);
  m_text->setAccessibleDescription(problem);
  Q_EMIT problemFound(problem);
  if (problem.isEmpty()) refresh();
}

void SchemeBuilder::useEverywhere() {
  const core::model::Recipe recipe(m_state.input().scheme);
  m_selection.addOwn(recipe);
  m_selection.setCurrentRecipe(recipe);
}

void SchemeBuilder::refresh() {
  const QScopedValueRollback<bool> refreshing(m_refreshing, true);
  const core::quant::Scheme& scheme = m_state.input().scheme;
  m_text->setText(QString::fromStdString(scheme.toString()));
  if (!m_text->hasFocus()) m_text->setCursorPosition(0);  // the format's name is what a person looks for
  if (m_text->property("invalid").toBool()) {
    m_text->setProperty("invalid", false);
    m_text->style()->polish(m_text);
    m_text->setAccessibleDescription({});
    Q_EMIT problemFound({});
  }
  m_format->setCurrentIndex(m_format->findData(static_cast<int>(scheme.format.name)));
  const bool isUsed = m_selection.isChecked(core::model::Recipe(scheme));
  m_use->setEnabled(!isUsed);
  m_use->setText(isUsed ? tr("Used everywhere") : tr("Use everywhere"));
  refreshOptions(scheme);
}

QWidget* SchemeBuilder::makeControl(const char* key) {
  auto* control = new QWidget;
  control->setObjectName(QStringLiteral("lab-control-") + QLatin1String(key));
  auto* row = new QHBoxLayout(control);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  auto* box = new QComboBox;
  const SchemeOption& option = *optionOf(key);
  box->setObjectName(QStringLiteral("lab-option-") + QLatin1String(key));
  box->setAccessibleName(explain(key));
  box->setToolTip(tr("%1: %2").arg(explain(key), builderText(option.allowed)));
  if (!option.usual.empty()) {  // numbers of one's own, too
    box->setEditable(true);
    box->setInsertPolicy(QComboBox::NoInsert);
    box->lineEdit()->setAccessibleName(explain(key));
    box->setCompleter(nullptr);
    box->setMinimumContentsLength(3);
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  }
  auto* label = new Label(Label::Style::Hint, QLatin1String(key));
  label->setBuddy(box);
  row->addWidget(label);
  row->addWidget(box);
  const auto take = [this, box, key = std::string(key)] {
    if (m_refreshing) return;
    const std::string value = box->currentText().trimmed().toStdString();
    if (value == optionOf(key)->print(m_state.input().scheme)) return;
    const auto edited = core::quant::withOption(m_state.input().scheme, key, value);
    if (edited) {
      Q_EMIT problemFound({});
      m_state.setScheme(*edited);
    } else {
      Q_EMIT problemFound(
          tr("'%1' must be %2; found '%3'.")
              .arg(QString::fromStdString(key), builderText(optionOf(key)->allowed), QString::fromStdString(value)));
    }
    refresh();
  };
  connect(box, &QComboBox::activated, this, take);
  if (box->lineEdit() != nullptr) connect(box->lineEdit(), &QLineEdit::editingFinished, this, take);
  return control;
}

// Controls stay where they are and are hidden while the scheme does not take them: a list that is open under the hand
// must not go away.
void SchemeBuilder::refreshOptions(const core::quant::Scheme& scheme) {
  for (const SchemeOption& option : core::quant::schemeOptions()) {
    const QString key = builderText(option.key);
    auto* control = m_options->findChild<QWidget*>(QStringLiteral("lab-control-") + key, Qt::FindDirectChildrenOnly);
    const bool belongs = option.belongsTo(scheme);
    if (control == nullptr) {
      control = makeControl(option.key.data());
      m_flow->addWidget(control);
    }
    control->setVisible(belongs);
    if (!belongs) continue;
    auto* box = control->findChild<QComboBox*>();
    QStringList values;
    for (const std::string& value : core::quant::valuesOf(option, scheme)) values << QString::fromStdString(value);
    const QString now = QString::fromStdString(option.print(scheme));
    if (!values.contains(now)) values.prepend(now);
    QStringList shown;
    for (int i = 0; i < box->count(); ++i) shown << box->itemText(i);
    if (shown != values) {
      box->clear();
      box->addItems(values);
    }
    box->setCurrentIndex(static_cast<int>(values.indexOf(now)));
  }
  m_flow->invalidate();
  m_options->updateGeometry();
}

}  // namespace app
