#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/numeric/exact_number.h"
#include "core/numeric/number_format.h"

namespace core::numeric {

/// IEEE 754-2019, 4.3, and rounding by chance. What a mode means where there is no sign and mantissa:
/// - integers round value / scale; ties to even look at the integer before the zero-point is added;
/// - code books choose between the two entries around value / absmax;
/// - E8M0 chooses between the two powers of two around the value.
enum class Rounding : std::uint8_t {
  NearestEven,  ///< ties to the even code; E8M0: ties up (OCP); code books: ties to the lower value (bitsandbytes)
  NearestAway,  ///< ties to the larger magnitude
  TowardZero,   ///< truncation
  Up,           ///< toward +Inf: never below the value
  Down,         ///< toward −Inf: never above the value
  Stochastic    ///< away from zero with a probability equal to the part of the gap that is cut off
};
const char* toString(Rounding rounding);  ///< "nearest_even", "nearest_away", "toward_zero", "up", "down", "stochastic"
/// By that name; upper and lower case are the same.
std::optional<Rounding> findRounding(std::string_view name);

struct RoundingRule {
  Rounding mode = Rounding::NearestEven;
  /// Stochastic: a random number in [0, 1), given so that the same roll can be repeated; away from zero when it is
  /// less than the part that is cut off.
  double draw = 0.5;

  RoundingRule(Rounding rounding = Rounding::NearestEven, double drawn = 0.5) : mode(rounding), draw(drawn) {}
};

enum class Overflow : std::uint8_t {
  AsFormat,  ///< Inf where the format has it, else NaN where it has that, else the largest value
  Saturate   ///< finite values beyond the largest give the largest; Inf stays as in AsFormat
};

enum class NumberClass : std::uint8_t { Zero, Subnormal, Normal, Infinite, NotANumber };
const char* toString(NumberClass numberClass);  ///< JSON: "zero", "subnormal", "normal", "infinity", "nan"

/// What codes stand for. Integers: scale · (q − zeroPoint); code books: scale · entry, the scale being the absmax of
/// the block. Ignored by every other kind of format.
/// Rounding needs a scale that is finite and not 0 and a zero-point within ±kMaxZeroPoint: requireUsable.
struct CodeScale {
  double scale = 1.0;
  std::int64_t zeroPoint = 0;
  /// The scale where it is no double, as 0.1 and 1/127 are not; `scale` is the nearest one then.
  std::optional<ExactNumber> exactScale = {};

  static CodeScale exactly(const ExactNumber& scale, std::int64_t zeroPoint = 0);
  /// The scale without rounding.
  ExactNumber factor() const { return exactScale ? *exactScale : ExactNumber::fromDouble(scale); }
  static constexpr std::int64_t kMaxZeroPoint = std::int64_t{1} << 32;
};

/// @throws Error (InvalidArgument) with a sentence when values cannot be divided by the scale
void requireUsable(const CodeScale& scale);

/// The value of a code. Exact, but for a product with a scale, which is rounded once, to the nearest double. Bits above
/// the format's are ignored. A NaN keeps its sign (not that of FNUZ, where it is no sign) and nothing else of its code.
double decode(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});
/// The same without any rounding.
ExactNumber decodeExact(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});

/// The code for a value, rounded once, whatever the scale. Beyond the largest value, rounding away from zero gives what
/// Overflow says, rounding toward zero (also Up and Down on their side) the largest value. Integers and code books
/// always saturate; NaN gives the code of zero where there is no NaN. E8M0 gives NaN for zero and negative values (its
/// rule; with Saturate the smallest value), and its smallest value for anything smaller. Without subnormals the gap
/// between zero and the smallest normal value is one step (a tie of nearest-even goes to zero). Integers: q =
/// round(value / scale) + zeroPoint, clamped.
/// @throws Error (InvalidArgument) for a scale that requireUsable refuses
std::uint64_t encode(const NumberFormat& format, double value, RoundingRule rule = {},
                     Overflow overflow = Overflow::AsFormat, const CodeScale& scale = {});

/// Code books and integers are Normal or Zero.
NumberClass classify(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});

/// The code of the next smaller or larger value; both zeros count as one. Nothing at the ends and for NaN.
/// Integers are ordered by q.
std::optional<std::uint64_t> previous(const NumberFormat& format, std::uint64_t code);
std::optional<std::uint64_t> next(const NumberFormat& format, std::uint64_t code);

/// Distance from the code's value to the next one away from zero, in the spacing of its own binade (at the largest
/// value: what would come next). Code books: to the neighbour away from zero, at the ends to the other one.
/// NaN for Inf and NaN. A product with a scale is rounded to the nearest double.
double ulp(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});
/// The same without any rounding.
ExactNumber ulpExact(const NumberFormat& format, std::uint64_t code, const CodeScale& scale = {});

/// The values of all codes, in code order.
/// @throws Error (InvalidArgument) for formats of more than 16 bits
std::vector<double> enumerate(const NumberFormat& format, const CodeScale& scale = {});

}  // namespace core::numeric
