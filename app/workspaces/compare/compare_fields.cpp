#include "app/workspaces/compare/compare_fields.h"

#include <QHBoxLayout>

#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

QWidget* namedField(const QString& name, QWidget* field) {
  auto* pair = new QWidget;
  auto* row = new QHBoxLayout(pair);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kHalf);
  auto* label = new Label(Label::Style::Hint, name);
  label->setBuddy(field);
  field->setAccessibleName(name);
  row->addWidget(label);
  row->addWidget(field);
  return pair;
}

QString kvText(KvStorage storage) {
  const QString name = QString::fromUtf8(nameOf(storage).data()).toUpper();
  return name.startsWith(u'F') ? QStringLiteral("FP") + name.mid(1) : name;
}

}  // namespace app
