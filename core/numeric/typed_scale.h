#pragma once
#include <string_view>

#include "core/numeric/codec.h"

namespace core::numeric {

/// A scale (of code books: an absmax) and a zero-point as a person types them, exactly: "0.1" is one tenth and "1/127"
/// a fraction, not the doubles nearest to them.
/// @param zeroPoint empty: 0
/// @throws Error (InvalidArgument) with a sentence: a format without a scale, a scale that is not above zero or beyond
///         what FP64 reaches, a zero-point that is not an integer of the format, or of a code book
CodeScale parseScale(const NumberFormat& format, std::string_view scale, std::string_view zeroPoint = {});

/// "0.1", "1/127": all digits, or a fraction where they do not end.
std::string scaleText(const CodeScale& scale);

}  // namespace core::numeric
