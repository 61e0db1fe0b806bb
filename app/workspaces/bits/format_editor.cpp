#include "app/workspaces/bits/format_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSpinBox>
#include <QVBoxLayout>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/popup_place.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/code_order.h"
#include "core/numeric/custom_format.h"

namespace app {
namespace {

using core::numeric::NumberFormat;
using core::numeric::Specials;

constexpr Specials kSpecials[] = {Specials::Ieee, Specials::NanAllOnes, Specials::NanIsNegativeZero, Specials::None};

/// "8 bits · largest 448 · smallest normal 2⁻⁶, subnormal 2⁻⁹ · 254 values"
QString factsOf(const NumberFormat& format) {
  const CodeOrder order(format, {});
  const int smallestNormal = 1 - format.bias;
  QStringList facts{FormatEditor::tr("%1 bits").arg(format.bits),
                    FormatEditor::tr("largest %1").arg(text::trimmed(order.largest(), 6)),
                    FormatEditor::tr("smallest normal 2%1").arg(text::superscript(smallestNormal))};
  if (format.hasSubnormals && format.mantissaBits > 0)
    facts << FormatEditor::tr("smallest subnormal 2%1")
                 .arg(text::superscript(smallestNormal - static_cast<int>(format.mantissaBits)));
  if (format.bits <= 16) facts << FormatEditor::tr("%1 different values").arg(text::count(order.count()));
  return facts.join(QStringLiteral(" · "));
}

}  // namespace

FormatEditor::FormatEditor(BitsState& state, QWidget* parent)
    : QFrame(parent, Qt::Popup),
      m_state(state),
      m_exponent(new QSpinBox),
      m_mantissa(new QSpinBox),
      m_bias(new QSpinBox),
      m_specials(new QComboBox),
      m_subnormals(new QCheckBox(tr("Subnormals"))),
      m_name(new QLineEdit),
      m_add(new QPushButton(tr("Add format"))),
      m_facts(new Label(Label::Style::Muted)),
      m_problem(new Label(Label::Style::Error)) {
  setObjectName(QStringLiteral("format-editor"));
  setAccessibleName(tr("A format of your own"));
  setProperty("kind", QStringLiteral("popup"));
  m_exponent->setRange(1, 11);
  m_mantissa->setRange(0, 52);
  m_bias->setRange(-2000, 2000);
  for (const QString& text : {tr("Inf and NaN, as IEEE 754"), tr("One NaN, no Inf (FN, as OCP E4M3)"),
                              tr("NaN in place of −0 (FNUZ)"), tr("None: every code is a number")})
    m_specials->addItem(text);
  build();
  connect(m_bias, &QSpinBox::valueChanged, this, [this] { m_biasIsOwn = m_biasIsOwn || !m_filling; });
  for (QSpinBox* box : {m_exponent, m_mantissa, m_bias})
    connect(box, &QSpinBox::valueChanged, this, &FormatEditor::readControls);
  connect(m_specials, &QComboBox::currentIndexChanged, this, &FormatEditor::readControls);
  connect(m_subnormals, &QCheckBox::toggled, this, &FormatEditor::readControls);
  connect(m_name, &QLineEdit::textEdited, this, &FormatEditor::readName);
  connect(m_name, &QLineEdit::returnPressed, this, &FormatEditor::add);
  connect(m_add, &QPushButton::clicked, this, &FormatEditor::add);
}

void FormatEditor::build() {
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  outer->setSpacing(space::kOne);
  outer->addWidget(new Label(Label::Style::Heading, tr("A format of your own")));
  auto* form = new QFormLayout;
  form->setHorizontalSpacing(space::kTwo);
  form->setVerticalSpacing(space::kHalf);
  const auto addField = [&](const QString& name, QWidget* field) {
    form->addRow(new Label(Label::Style::Hint, name), field);
    field->setAccessibleName(name);
  };
  addField(tr("Exponent bits"), m_exponent);
  addField(tr("Mantissa bits"), m_mantissa);
  addField(tr("Bias"), m_bias);
  addField(tr("Special values"), m_specials);
  form->addRow(QString(), m_subnormals);
  addField(tr("As text"), m_name);
  m_name->setFont(Theme::instance().monoFont(0));
  m_subnormals->setChecked(true);
  m_subnormals->setToolTip(tr("Off: every code of exponent field 0 stands for zero."));
  outer->addLayout(form);
  for (Label* label : {m_facts, m_problem}) {
    label->setWrapping();
    label->setFixedWidth(340);
    outer->addWidget(label);
  }
  m_add->setProperty("kind", QStringLiteral("primary"));
  auto* row = new QHBoxLayout;
  row->addStretch(1);
  row->addWidget(m_add);
  outer->addLayout(row);
}

void FormatEditor::openUnder(const QWidget& anchor) {
  const NumberFormat& selected = *m_state.selected().format;
  const bool isFloat = selected.kind == core::numeric::FormatKind::Float && selected.exponentBits <= 11;
  m_biasIsOwn = false;
  core::numeric::CustomFloat parts;
  if (isFloat) {
    parts = {selected.exponentBits, selected.mantissaBits, selected.bias, selected.specials, selected.hasSubnormals};
    m_biasIsOwn = selected.bias != core::numeric::usualBias(selected.exponentBits, selected.specials);
  }
  showFormat(QString::fromStdString(core::numeric::customFormat(parts).name));
  adjustSize();
  move(placeUnder(anchor, size()));
  show();
  m_exponent->setFocus();
  m_exponent->selectAll();
}

void FormatEditor::readControls() {
  if (m_filling) return;
  const Specials specials = kSpecials[m_specials->currentIndex()];
  const auto exponentBits = static_cast<std::uint32_t>(m_exponent->value());
  const int bias = m_biasIsOwn ? m_bias->value() : core::numeric::usualBias(exponentBits, specials);
  showFormat(QStringLiteral("e%1m%2:bias=%3,specials=%4,subnormals=%5")
                 .arg(exponentBits)
                 .arg(m_mantissa->value())
                 .arg(bias)
                 .arg(QLatin1String(core::numeric::toString(specials)),
                      m_subnormals->isChecked() ? QStringLiteral("on") : QStringLiteral("off")));
}

void FormatEditor::readName() { showFormat(m_name->text()); }

// The text is what counts: the controls say it, and it fills the controls.
void FormatEditor::showFormat(const QString& text) {
  QString problem;
  const NumberFormat* format = m_state.format(text, &problem);
  if (format != nullptr && format->kind != core::numeric::FormatKind::Float) {
    problem = tr("%1 is no float.").arg(titleOf(*format));
    format = nullptr;
  }
  m_problem->setText(problem);
  m_problem->setVisible(!problem.isEmpty());
  m_facts->setVisible(problem.isEmpty());
  m_add->setEnabled(format != nullptr);
  if (format != nullptr) {
    const QScopedValueRollback filling(m_filling, true);
    m_exponent->setValue(static_cast<int>(format->exponentBits));
    m_mantissa->setValue(static_cast<int>(format->mantissaBits));
    m_bias->setValue(format->bias);
    for (int i = 0; i < static_cast<int>(std::size(kSpecials)); ++i)
      if (kSpecials[i] == format->specials) m_specials->setCurrentIndex(i);
    m_subnormals->setChecked(format->hasSubnormals);
    if (!m_name->hasFocus()) m_name->setText(QString::fromStdString(format->name));
    m_facts->setText(factsOf(*format));
  } else if (!m_name->hasFocus()) {
    m_name->setText(text);
  }
  adjustSize();
}

void FormatEditor::add() {
  if (!m_add->isEnabled()) return;
  const QString problem = m_state.addFormat(m_name->text());
  if (problem.isEmpty()) return hide();
  m_problem->setText(problem);
  m_problem->show();
}

void FormatEditor::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) return add();
  QFrame::keyPressEvent(event);
}

}  // namespace app
