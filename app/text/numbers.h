#pragma once
#include <QString>
#include <cstdint>
#include <vector>

namespace app::text {

/// Numbers for people, in the user's locale. Files and exports use the C locale instead.

/// `digits` significant digits; very large and very small magnitudes as 1.234×10⁻⁷ ("1.234e-7" would be for programs).
QString number(double value, int digits = 4);
/// As number(), without zeros at the end: "0.1015625".
QString trimmed(double value, int digits);
/// The fewest digits with which no two of different values look the same.
int digitsToTellApart(const std::vector<double>& values, int atLeast);
/// "⁻¹⁷"
QString superscript(int value);
/// Whole number with the locale's grouping: "5,271,040".
QString count(std::uint64_t value);
/// Three significant digits and a word: "5.27 M", "1.10 B"; small ones as they are.
QString shortCount(std::uint64_t value);
/// Binary prefixes: "812 B", "10.1 MiB", "4.00 GiB".
QString bytes(std::uint64_t value);
/// 0.1234 → "12.3 %"; the sign is typographic
QString percent(double fraction, int decimals = 1);
/// A long name or path without its middle: "/very/long/p…/model.gguf". What tells two apart stands at the ends.
QString shortened(const QString& text, qsizetype most = 60);
/// "4.50 bits/weight"
QString bitsPerWeight(double bits);
/// "34.2 dB"; "∞ dB" for no error
QString decibel(double value);
/// "12.3 ms", "1.20 s", "2 min 5 s"
QString duration(double seconds);

}  // namespace app::text
