#pragma once
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QSpinBox>
#include <QString>

namespace app {

/// The form both labs stand in: names on the left, fields that take the rest.
QFormLayout* trainForm(QWidget* parent);
/// A field with its name before it, which is its accessible name, too.
void addField(QFormLayout& form, const QString& name, QWidget* field, const QString& toolTip);
/// A heading that shows and hides what is seldom changed. @return where that goes
QFormLayout* addMore(QFormLayout& form, const QString& objectName);

/// A whole number. @param special what 0 is called; empty: 0 is none of its values
QSpinBox* countField(const char* objectName, int low, int high, int value);

/// A learning rate: 0.001 shown as such, stepped by tenths of its power of ten.
class RateField : public QDoubleSpinBox {
  Q_OBJECT
 public:
  explicit RateField(const char* objectName, double value, QWidget* parent = nullptr);
  QString textFromValue(double value) const override;
  void stepBy(int steps) override;
};

}  // namespace app
