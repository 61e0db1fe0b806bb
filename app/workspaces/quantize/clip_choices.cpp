#include "app/workspaces/quantize/clip_choices.h"

#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

#include "app/text/numbers.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/sentence.h"

namespace app {

namespace {
constexpr int kBetweenChoices = 6, kLeastChoicesWidth = 260;
}

ClipChoices::ClipChoices(QWidget* parent)
    : QWidget(parent),
      m_none(new Sentence(Label::Style::Muted)),
      m_name(new Label(Label::Style::Hint, tr("as a scheme"))),
      m_buttons{new QPushButton, new QPushButton} {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  m_none->setObjectName(QStringLiteral("lab-clip-none"));
  column->addWidget(m_none);
  auto* buttons = new FlowLayout;
  buttons->setSpacing(kBetweenChoices);
  buttons->setLeastWidth(kLeastChoicesWidth);
  column->addLayout(buttons);
  buttons->addWidget(m_name);
  for (std::size_t i = 0; i < m_buttons.size(); ++i) {
    m_buttons[i]->setObjectName(QStringLiteral("lab-clip-use-%1").arg(i));
    buttons->addWidget(m_buttons[i]);
    connect(m_buttons[i], &QPushButton::clicked, this, [this, i] {
      const core::quant::Scheme scheme = m_choices[i + 1].scheme;
      Q_EMIT chosen(scheme);
    });
  }
}

void ClipChoices::setChoices(const core::quant::Scheme& scheme, std::vector<core::metrics::RangeChoice> choices) {
  m_choices = std::move(choices);
  const bool hasKey = m_choices.size() > m_buttons.size();
  m_none->setText(
      tr("The text of %1 has no key for its range: this clip is for looking, and other pages use the whole range.")
          .arg(QString::fromStdString(scheme.displayName())));
  m_none->setVisible(!hasKey);
  m_name->setVisible(hasKey);
  const QString meanings[] = {tr("looks for the end of least error in every group"),
                              tr("cuts off the outermost weights of every group")};
  for (std::size_t i = 0; i < m_buttons.size(); ++i) {
    m_buttons[i]->setVisible(hasKey);
    if (!hasKey) continue;
    const auto& choice = m_choices[i + 1];
    const QString key = i == 0 ? QStringLiteral("range=mse")
                               : QStringLiteral("range=percentile,p=%1").arg(choice.scheme.method.percentile);
    m_buttons[i]->setText(tr("Use %1: error %2").arg(key, text::number(choice.error, 3)));
    m_buttons[i]->setToolTip(tr("%1 %2. It takes the place of the clip; “Use everywhere” above ticks it.")
                                 .arg(QString::fromStdString(choice.scheme.toString()), meanings[i]));
    m_buttons[i]->setEnabled(choice.scheme != scheme);
  }
}

}  // namespace app
