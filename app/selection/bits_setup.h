#pragma once
#include <QMap>
#include <QString>
#include <QStringList>
#include <vector>

#include "core/numeric/codec.h"
#include "core/numeric/rounding.h"

namespace app {

/// The range of reals that integers and code books are scaled to.
struct CodeRange {
  double low = -1, high = 1;  ///< low < high
  /// Signed integers: scale and zero-point so that low … high is theirs, in place of a symmetric scale. Unsigned ones
  /// always have one.
  bool zeroPoint = false;
  bool chosen = false;  ///< by the person; otherwise it follows the number

  double absmax() const;
  /// Finite, low < high, and not so narrow or far from zero that scales or zero-points would not fit.
  bool isUsable() const;
  /// Scale and zero-point that it gives a format.
  core::numeric::CodeScale scaleOf(const core::numeric::NumberFormat& format) const;
  static CodeRange symmetric(double absmax, bool chosen);
  bool operator==(const CodeRange&) const = default;
};

/// Scale and zero-point of one format as a person typed them; of code books the absmax. Used exactly: see
/// core::numeric::parseScale.
struct TypedScale {
  QString scale;      ///< "0.1", "1/127"
  QString zeroPoint;  ///< empty: 0
  bool operator==(const TypedScale&) const = default;
};

/// Where the number comes from.
struct BitsInput {
  QString text;     ///< what the parser reads: a decimal with all digits, an expression, inf, nan, or a pattern
  QString display;  ///< what the field shows
  QString origin;   ///< empty, or "blk.3.attn_q.weight [12, 45]"
  QString patternFormat = QStringLiteral("fp32");  ///< name of the format that patterns are read in
  CodeRange range;
  bool operator==(const BitsInput&) const = default;
};

/// One format of a conversion chain and how numbers are rounded into it.
struct ChainStop {
  QString format;  ///< name
  core::numeric::Rounding rounding = core::numeric::Rounding::NearestEven;
  bool operator==(const ChainStop&) const = default;
};

/// Everything that a person edits about the number under the lens: what undo goes back to.
struct BitsSetup {
  BitsInput input;
  core::numeric::RoundingRule rule;
  QStringList formats;  ///< names of the rows
  std::vector<ChainStop> chain;
  QMap<QString, TypedScale> scales;  ///< by name of their format; the others' follow from the range

  /// Scale and zero-point of a format: typed, or what the range gives it.
  /// @throws core::Error where the typed ones are none; BitsState lets none of those in
  core::numeric::CodeScale scaleOf(const core::numeric::NumberFormat& format) const;
  /// 0.1 in the formats most asked for, FP32 → BF16 → FP8 E4M3.
  static BitsSetup first();
  bool operator==(const BitsSetup& other) const;
};

}  // namespace app
