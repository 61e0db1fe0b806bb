#include "app/widgets/named_field.h"

#include <QHBoxLayout>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

QWidget* namedField(const QString& name, QWidget* field, int stretch) {
  auto* pair = new QWidget;
  auto* row = new QHBoxLayout(pair);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  auto* label = new Label(Label::Style::Hint, name);
  label->setBuddy(field);
  field->setAccessibleName(name);
  row->addWidget(label);
  row->addWidget(field, stretch);
  return pair;
}

}  // namespace app
