#include "app/workspaces/bits/bits_settings.h"

#include <QSettings>
#include <QStringList>

#include "app/selection/bits_state.h"
#include "app/workspaces/bits/bits_link.h"

namespace app {
namespace {
const QString kFormats = QStringLiteral("formats"), kRow = QStringLiteral("row"), kLink = QStringLiteral("number");
}

// A link says the number with everything it depends on, whatever the version of the program that reads it.
void saveSetup(const BitsState& state, QSettings& settings) {
  const BitsSetup& setup = state.setup();
  settings.setValue(kFormats, setup.formats);
  settings.setValue(kRow, QString::fromStdString(state.selected().format->name));
  if (setup.input.origin.isEmpty()) settings.setValue(kLink, numberLink(state, LensTab::Chain).toString());
}

void restoreSetup(BitsState& state, QSettings& settings) {
  BitsSetup setup = state.setup();
  const QStringList formats = settings.value(kFormats).toStringList();
  if (!formats.isEmpty()) setup.formats = formats;
  state.restore(setup);
  if (const auto link = Link::parse(settings.value(kLink).toString())) {
    std::optional<LensTab> tab;
    static_cast<void>(openNumberLink(*link, state, tab));  // what cannot be read any more is left out
    state.undoStack().clear();
  }
  if (const auto* format = state.format(settings.value(kRow).toString())) state.selectRow(state.rowOf(*format));
}

}  // namespace app
