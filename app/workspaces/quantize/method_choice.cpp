#include "app/workspaces/quantize/method_choice.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/quant/scheme_options.h"

namespace app {
namespace {

QString byMethod(const core::quant::Scheme& scheme, const char* method, const char* usual) {
  const auto changed = core::quant::withOption(scheme, "method", method);
  return changed && changed->problem().empty() ? QString::fromStdString(changed->toString()) : QLatin1String(usual);
}

}  // namespace

MethodChoice::MethodChoice(QWidget* parent)
    : QWidget(parent), m_message(new Label(Label::Style::Muted)), m_methods(new QWidget) {
  auto* column = new QVBoxLayout(this);
  m_message->setWrapping();
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setObjectName(QStringLiteral("lab-columns-message"));
  auto* buttons = new QHBoxLayout(m_methods);
  buttons->setContentsMargins(0, 0, 0, 0);
  buttons->setSpacing(space::kOne);
  struct Choice {
    const char *title, *method, *usual;
  };
  for (const Choice& one : {Choice{"GPTQ", "gptq", "gptq:group=32"},
                            {"AWQ", "awq", "awq:group=32"},
                            {"HQQ", "hqq", "hqq:group=32"},
                            {"SmoothQuant", "smooth", "int8:method=smooth"}}) {
    auto* button = new QPushButton(QLatin1String(one.title));
    button->setObjectName(QStringLiteral("lab-method-") + QLatin1String(one.method));
    connect(button, &QPushButton::clicked, this,
            [this, one] { Q_EMIT chosen(byMethod(m_scheme, one.method, one.usual)); });
    buttons->addWidget(button);
  }
  column->addStretch(1);
  column->addWidget(m_message);
  column->addWidget(m_methods, 0, Qt::AlignHCenter);
  column->addStretch(1);
}

void MethodChoice::showMessage(const QString& message) {
  m_message->setText(message);
  m_methods->hide();
}

void MethodChoice::offerMethods(const core::quant::Scheme& scheme) {
  m_scheme = scheme;
  const QString name = QString::fromStdString(scheme.displayName());
  const bool changesInputs = scheme.activations.name != core::quant::ActivationName::None;
  m_message->setText(
      (changesInputs
           ? tr("%1 rounds every weight for itself; what becomes of the inputs is in the tab Inputs.").arg(name)
           : tr("%1 rounds every weight for itself.").arg(name)) +
      u' ' + tr("These methods look at the columns, and at the inputs they meet:"));
  m_methods->show();
}

}  // namespace app
