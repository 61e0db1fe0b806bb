#include "app/workspaces/trace/bit_menu.h"

#include "app/text/tr.h"
#include "core/numeric/number_format.h"
#include "core/quant/explain/block_explanation.h"

namespace app {

using text::tr;

namespace {

using core::quant::BlockField;
using core::quant::FieldRole;

/// Empty for what is no number that the weight is decoded with.
QString titleOf(FieldRole role) {
  switch (role) {
    case FieldRole::Scale:
      return tr("the scale");
    case FieldRole::SuperScale:
      return tr("the scale of scales");
    case FieldRole::Minimum:
      return tr("the minimum");
    case FieldRole::SuperMinimum:
      return tr("the scale of minima");
    case FieldRole::ZeroPoint:
      return tr("the zero-point");
    case FieldRole::Code:
    case FieldRole::Index:
      return tr("the code");
    default:
      return {};
  }
}

/// "bit 14, exponent"; of whole numbers "bit 3".
QString bitName(const BlockField& field, std::uint32_t bit) {
  const QString number = tr("bit %1").arg(bit);
  const core::numeric::NumberFormat* const format = core::quant::numberFormatOf(field.reading);
  if (format == nullptr) return number;
  const auto mantissa = static_cast<std::uint32_t>(format->mantissaBits),
             exponent = static_cast<std::uint32_t>(format->exponentBits);
  const QString part = bit < mantissa ? tr("mantissa") : bit < mantissa + exponent ? tr("exponent") : tr("sign");
  return tr("%1, %2").arg(number, part);
}

}  // namespace

void fillBitMenu(QMenu& menu, const core::quant::QuantizedTensor& stored, std::uint64_t element,
                 const std::function<void(const core::quant::FieldPlace&, std::uint32_t, const QString&)>& toggled) {
  const core::quant::FieldPlace code = core::quant::codePlace(stored, element);
  const auto fields = core::quant::explainStored(stored, code.row, code.block).fields.fields;
  if (code.field >= fields.size()) return;
  const std::uint32_t value = fields[code.field].firstValue;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const BlockField& field = fields[i];
    const bool isCode = i == code.field;
    const bool isOther = field.role == FieldRole::Code || field.role == FieldRole::Index || !field.speaksOf(value);
    const QString title = titleOf(field.role);
    if (title.isEmpty() || (isOther && !isCode)) continue;
    QMenu* bits = menu.addMenu(title);
    for (std::uint32_t bit = field.bits(); bit-- > 0;) {
      const QString name = bitName(field, bit);
      bits->addAction(name, &menu, [=] { toggled({code.row, code.block, i}, bit, tr("%1 of %2").arg(name, title)); });
    }
  }
}

}  // namespace app
