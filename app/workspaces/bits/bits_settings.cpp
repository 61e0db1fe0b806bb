#include "app/workspaces/bits/bits_settings.h"

#include <QSettings>
#include <QStringList>

#include "app/selection/bits_state.h"
#include "app/workspaces/bits/bits_link.h"

namespace app {
namespace {
const QString kFormats = QStringLiteral("formats"), kRow = QStringLiteral("row"), kLink = QStringLiteral("number"),
              kScales = QStringLiteral("scales");
constexpr QChar kApart = u' ';  // in no number as it is kept, and in no name

QStringList written(const QMap<QString, TypedScale>& scales) {
  QStringList result;
  for (auto one = scales.constBegin(); one != scales.constEnd(); ++one)
    result << QStringList{one.key(), QString(one->scale).remove(kApart), QString(one->zeroPoint).remove(kApart)}.join(
        kApart);
  return result;
}

QMap<QString, TypedScale> readScales(const QStringList& lines) {
  QMap<QString, TypedScale> result;
  for (const QString& line : lines)
    if (const QStringList parts = line.split(kApart); parts.size() == 3) result[parts[0]] = {parts[1], parts[2]};
  return result;
}
}  // namespace

// A link says the number with everything it depends on, whatever the version of the program that reads it.
void saveSetup(const BitsState& state, QSettings& settings) {
  const BitsSetup& setup = state.setup();
  settings.setValue(kFormats, setup.formats);
  settings.setValue(kScales, written(setup.scales));
  settings.setValue(kRow, QString::fromStdString(state.selected().format->name));
  if (setup.input.origin.isEmpty()) settings.setValue(kLink, numberLink(state, {LensTab::Chain}).toString());
}

void restoreSetup(BitsState& state, QSettings& settings) {
  BitsSetup setup = state.setup();
  const QStringList formats = settings.value(kFormats).toStringList();
  if (!formats.isEmpty()) setup.formats = formats;
  setup.scales = readScales(settings.value(kScales).toStringList());
  state.restore(setup);
  if (const auto link = Link::parse(settings.value(kLink).toString())) {
    LinkedView view;
    static_cast<void>(openNumberLink(*link, state, view));  // what cannot be read any more is left out
    state.undoStack().clear();
  }
  if (const auto* format = state.format(settings.value(kRow).toString())) state.selectRow(state.rowOf(*format));
}

}  // namespace app
