#include "app/workspaces/bits/copied_text.h"

#include <QCoreApplication>

#include "app/selection/bits_state.h"
#include "core/numeric/number_text.h"

namespace app {

std::vector<CopiedText> copiedTexts(const FormatRow& row) {
  const auto tr = [](const char* text) { return QCoreApplication::translate("bits", text); };
  const core::numeric::NumberFormat& format = *row.format;
  const auto text = [](const std::string& of) { return QString::fromStdString(of); };
  return {{tr("value"), text(row.explanation.valueText)},
          {tr("shortest value"), text(core::numeric::shortestText(format, row.code, row.scale))},
          {tr("code"), text(row.explanation.hex)},
          {tr("bits"), text(row.explanation.binary)},
          {tr("C literal"), text(core::numeric::cLiteral(format, row.code, row.scale))},
          {tr("Python literal"), text(core::numeric::pythonLiteral(format, row.code, row.scale))}};
}

}  // namespace app
