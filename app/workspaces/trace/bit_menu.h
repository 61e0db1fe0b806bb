#pragma once
#include <QMenu>
#include <functional>

#include "core/quant/explain/block_override.h"

namespace app {

/// Fills a menu with the bits of a stored weight: those of its code, and of the scales and offsets that it is decoded
/// with, by what each of them is for.
/// @param element flat index @param toggled called with the place, the bit and its name: "bit 14, exponent, of the
/// scale"
/// @throws core::Error for a weight that is kept beside the codes
void fillBitMenu(QMenu& menu, const core::quant::QuantizedTensor& stored, std::uint64_t element,
                 const std::function<void(const core::quant::FieldPlace&, std::uint32_t, const QString&)>& toggled);

}  // namespace app
