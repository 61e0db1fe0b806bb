#pragma once
#include <QColor>
#include <QString>
#include <cstddef>
#include <span>

#include "core/quant/explain/block_fields.h"

namespace app {

/// Colour, letter and name of what a number inside a stored block is for; the same everywhere. Scales are orange, zero
/// points and minima purple, as in a number's own fields; never colour alone: the letter differs too.
QColor blockFieldColor(core::quant::FieldRole role);
QString blockFieldLetter(core::quant::FieldRole role);
QString blockFieldName(core::quant::FieldRole role);
/// "scale d of weights 0–31: FP16, 16 bits = 0.01234"
QString blockFieldText(const core::quant::BlockField& field, std::span<const std::byte> block);

}  // namespace app
