#include "app/pictures/block_field_style.h"

#include <cmath>

#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/widgets/theme.h"

namespace app {

using text::tr;

using core::quant::BlockField;
using core::quant::FieldRole;

namespace {
QString fromView(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())); }

/// "weight 3", "weights 0–31", "weights 0, 2 … 14"
QString coveredText(const BlockField& field) {
  if (field.valueCount == 0) return {};
  if (field.valueCount == 1) return tr("weight %1").arg(field.firstValue);
  const std::uint32_t last = field.firstValue + (field.valueCount - 1) * field.valueStride;
  if (field.valueStride == 1) return tr("weights %1–%2").arg(field.firstValue).arg(last);
  return tr("weights %1, %2 … %3").arg(field.firstValue).arg(field.firstValue + field.valueStride).arg(last);
}
}  // namespace

QColor blockFieldColor(FieldRole role) {
  const ThemeColors& c = Theme::instance().colors();
  switch (role) {
    case FieldRole::Scale:
    case FieldRole::SuperScale:
      return c.scale;
    case FieldRole::Minimum:
    case FieldRole::SuperMinimum:
    case FieldRole::ZeroPoint:
    case FieldRole::Offset:
      return c.zeroPoint;
    case FieldRole::Sign:
    case FieldRole::OffsetSign:
      return c.sign;
    case FieldRole::Index:
    case FieldRole::Level:
      return c.mantissa;
    case FieldRole::Code:
      return c.exponent;
    case FieldRole::Sum:
    case FieldRole::Padding:
      break;
  }
  return c.textFaint;
}

QString blockFieldLetter(FieldRole role) {
  switch (role) {
    case FieldRole::Scale:
      return QStringLiteral("s");
    case FieldRole::SuperScale:
      return QStringLiteral("S");
    case FieldRole::Minimum:
      return QStringLiteral("m");
    case FieldRole::SuperMinimum:
      return QStringLiteral("M");
    case FieldRole::ZeroPoint:
      return QStringLiteral("Z");
    case FieldRole::Code:
      return QStringLiteral("q");
    case FieldRole::Index:
      return QStringLiteral("i");
    case FieldRole::Sign:
      return QStringLiteral("±");
    case FieldRole::OffsetSign:
      return QStringLiteral("δ");
    case FieldRole::Offset:
      return QStringLiteral("O");
    case FieldRole::Level:
      return QStringLiteral("L");
    case FieldRole::Sum:
      return QStringLiteral("Σ");
    case FieldRole::Padding:
      return QStringLiteral("·");
  }
  return {};
}

QString blockFieldName(FieldRole role) {
  switch (role) {
    case FieldRole::Scale:
      return tr("scale");
    case FieldRole::SuperScale:
      return tr("scale of scales");
    case FieldRole::Minimum:
      return tr("minimum");
    case FieldRole::SuperMinimum:
      return tr("scale of minima");
    case FieldRole::ZeroPoint:
      return tr("zero-point");
    case FieldRole::Code:
      return tr("code");
    case FieldRole::Index:
      return tr("index of several weights");
    case FieldRole::Sign:
      return tr("signs");
    case FieldRole::OffsetSign:
      return tr("sign of the offset");
    case FieldRole::Offset:
      return tr("offset of all scales");
    case FieldRole::Level:
      return tr("level of the code book");
    case FieldRole::Sum:
      return tr("sum for products");
    case FieldRole::Padding:
      return tr("padding");
  }
  return {};
}

QString blockFieldText(const BlockField& field, std::span<const std::byte> block) {
  QString text = blockFieldName(field.role);
  if (!field.symbol.empty()) text += u' ' + fromView(field.symbol);
  if (const QString covered = coveredText(field); !covered.isEmpty()) text = tr("%1 of %2").arg(text, covered);
  const std::uint32_t bits = field.bits();
  text += QStringLiteral(": ") + (bits == 1 ? tr("1 bit") : tr("%1 bits").arg(bits));
  text += QStringLiteral(", ") + fromView(core::quant::title(field.reading));
  const double number = core::quant::numberOf(field, core::quant::bitsOf(field, block));
  if (!std::isnan(number)) text += QStringLiteral(" = ") + text::trimmed(number, 7);
  if (field.sharedBy != 1)
    text += u' ' + (field.sharedBy == 0 ? tr("(shared by all blocks of the tensor)")
                                        : tr("(shared by %1 blocks)").arg(field.sharedBy));
  return text;
}

}  // namespace app
