#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "core/numeric/number_format.h"

namespace core::numeric {

enum class Rounding : std::uint8_t {
  NearestEven,  ///< ties to the even code; E8M0: ties up (OCP); code books: ties to the lower value (bitsandbytes)
  TowardZero
};

enum class Overflow : std::uint8_t {
  AsFormat,  ///< Inf where the format has it, else NaN where it has that, else the largest value
  Saturate   ///< finite values beyond the largest give the largest; Inf stays as in AsFormat
};

enum class NumberClass : std::uint8_t { Zero, Subnormal, Normal, Infinite, NotANumber };
const char* toString(NumberClass numberClass);  ///< JSON: "zero", "subnormal", "normal", "infinity", "nan"

/// What an integer code stands for: scale · (q − zeroPoint). Ignored by every other kind of format.
struct IntegerScale {
  double scale = 1.0;  ///< finite and not 0
  std::int64_t zeroPoint = 0;
};

/// The value of a code, exactly (every format's values are doubles). Bits above the format's are ignored.
double decode(const NumberFormat& format, std::uint64_t code, const IntegerScale& integer = {});

/// The code for a value, rounded once. What a format cannot hold: integers and code books always saturate; NaN gives
/// the code of zero where there is no NaN. E8M0 gives NaN for zero and negative values (its rule; with Saturate the
/// smallest value), and its smallest value for anything smaller.
/// Integers: q = round(value / scale) + zeroPoint, clamped.
std::uint64_t encode(const NumberFormat& format, double value, Rounding rounding = Rounding::NearestEven,
                     Overflow overflow = Overflow::AsFormat, const IntegerScale& integer = {});

/// Code books and integers are Normal or Zero.
NumberClass classify(const NumberFormat& format, std::uint64_t code, const IntegerScale& integer = {});

/// The code of the next smaller or larger value; both zeros count as one. Nothing at the ends and for NaN.
/// Integers are ordered by q.
std::optional<std::uint64_t> previous(const NumberFormat& format, std::uint64_t code);
std::optional<std::uint64_t> next(const NumberFormat& format, std::uint64_t code);

/// Distance from the code's value to the next one away from zero, in the spacing of its own binade (at the largest
/// value: what would come next). Code books: to the neighbour away from zero, at the ends to the other one.
/// NaN for Inf and NaN.
double ulp(const NumberFormat& format, std::uint64_t code, const IntegerScale& integer = {});

/// The values of all codes, in code order.
/// @throws Error (InvalidArgument) for formats of more than 16 bits
std::vector<double> enumerate(const NumberFormat& format, const IntegerScale& integer = {});

}  // namespace core::numeric
