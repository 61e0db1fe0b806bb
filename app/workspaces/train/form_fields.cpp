#include "app/workspaces/train/form_fields.h"

#include <QToolButton>
#include <cmath>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr double kLeastRate = 1e-6, kMostRate = 1.0;

}  // namespace

QFormLayout* trainForm(QWidget* parent) {
  auto* form = new QFormLayout(parent);
  form->setContentsMargins(0, 0, 0, 0);
  form->setHorizontalSpacing(space::kOne);
  form->setVerticalSpacing(space::kOne);
  form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  return form;
}

void addField(QFormLayout& form, const QString& name, QWidget* field, const QString& toolTip) {
  auto* label = new Label(Label::Style::Hint, name);
  label->setBuddy(field);
  label->setAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  label->setMinimumHeight(field->sizeHint().height());
  field->setAccessibleName(name);
  field->setToolTip(toolTip);
  form.addRow(label, field);
}

QFormLayout* addMore(QFormLayout& form, const QString& objectName) {
  auto* toggle = new QToolButton;
  toggle->setObjectName(objectName);
  toggle->setText(QCoreApplication::translate("TrainForm", "More"));
  toggle->setToolTip(QCoreApplication::translate("TrainForm", "What is seldom changed"));
  toggle->setCheckable(true);
  toggle->setAutoRaise(true);
  toggle->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  toggle->setArrowType(Qt::RightArrow);
  auto* rest = new QWidget;
  auto* fields = trainForm(rest);
  rest->hide();
  form.addRow(toggle);
  form.addRow(rest);
  QObject::connect(toggle, &QToolButton::toggled, rest, [toggle, rest](bool shown) {
    toggle->setArrowType(shown ? Qt::DownArrow : Qt::RightArrow);
    rest->setVisible(shown);
  });
  return fields;
}

QSpinBox* countField(const char* objectName, int low, int high, int value) {
  auto* field = new QSpinBox;
  field->setObjectName(QLatin1String(objectName));
  field->setRange(low, high);
  field->setValue(value);
  return field;
}

RateField::RateField(const char* objectName, double value, QWidget* parent) : QDoubleSpinBox(parent) {
  setObjectName(QLatin1String(objectName));
  setDecimals(8);
  setRange(kLeastRate, kMostRate);
  setValue(value);
}

QString RateField::textFromValue(double value) const { return locale().toString(value, 'g', 4); }

void RateField::stepBy(int steps) {
  // A value that is a power of ten goes down by tenths of the one below.
  const double power = std::pow(10.0, std::floor(std::log10(value() * (steps < 0 ? 1 - 1e-9 : 1 + 1e-9))));
  setValue(value() + steps * power);
}

}  // namespace app
