#include "app/workspaces/chat/adapter_bar.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QSignalBlocker>
#include <QSlider>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/model/recipe/adapter.h"
#include "core/model/recipe/other_model.h"

namespace app {

namespace {

constexpr int kMostPercent = 200, kStep = 5, kPage = 25;
/// A model is loaded anew for every strength: what a hand only passes is not.
constexpr int kRestMilliseconds = 350;

}  // namespace

std::optional<double> adapterStrength(const std::optional<core::model::Recipe>& recipe) {
  if (!recipe) return std::nullopt;
  const core::model::OtherModel* other = recipe->adapter ? recipe->adapter.get() : recipe->otherModel();
  if (other == nullptr || other->adapter() == nullptr) return std::nullopt;
  return other->adapter()->percent();
}

AdapterBar::AdapterBar(QWidget* parent)
    : QWidget(parent),
      m_switch(new QCheckBox(tr("Adapter"))),
      m_slider(new QSlider(Qt::Horizontal)),
      m_percent(new Label(Label::Style::Number)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_switch->setObjectName(QStringLiteral("adapter-switch"));
  m_switch->setToolTip(tr("With the adapter, or without it"));
  m_slider->setObjectName(QStringLiteral("adapter-strength"));
  m_slider->setAccessibleName(tr("Strength of the adapter in percent"));
  m_slider->setToolTip(
      tr("How much of the adapter is added: 100 % is what was trained. The conversation stays; the last "
         "question is answered again, under the new strength."));
  m_slider->setRange(0, kMostPercent);
  m_slider->setSingleStep(kStep);
  m_slider->setPageStep(kPage);
  m_percent->setObjectName(QStringLiteral("adapter-percent"));
  m_percent->setMinimumWidth(m_percent->fontMetrics().horizontalAdvance(QStringLiteral("200 %")));
  m_percent->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  row->addWidget(m_switch);
  row->addWidget(m_slider, 1);
  row->addWidget(m_percent);
  m_rest.setSingleShot(true);
  m_rest.setInterval(kRestMilliseconds);
  connect(&m_rest, &QTimer::timeout, this, [this] { Q_EMIT strengthChosen(m_slider->value()); });
  connect(m_slider, &QSlider::valueChanged, this, [this](int percent) {
    if (percent > 0) m_on = percent;
    showPercent();
    if (!m_slider->isSliderDown()) m_rest.start();
  });
  connect(m_slider, &QSlider::sliderReleased, &m_rest, qOverload<>(&QTimer::start));
  connect(m_switch, &QCheckBox::clicked, this, [this](bool on) { m_slider->setValue(on ? m_on : 0); });
  hide();
}

void AdapterBar::showPercent() {
  m_percent->setText(text::percent(m_slider->value() / 100.0, 0));
  m_switch->setChecked(m_slider->value() > 0);
}

void AdapterBar::setRecipe(const std::optional<core::model::Recipe>& recipe) {
  const auto strength = adapterStrength(recipe);
  setVisible(strength.has_value());
  if (!strength) return;
  m_rest.stop();
  const QSignalBlocker blocker(m_slider);
  m_slider->setValue(std::clamp(static_cast<int>(std::lround(*strength)), 0, kMostPercent));
  if (m_slider->value() > 0) m_on = m_slider->value();
  showPercent();
}

}  // namespace app
