#pragma once
#include <QObject>
#include <QString>
#include <QUndoStack>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/numeric/explain.h"
#include "core/numeric/typed_number.h"

namespace app {

/// One format's view of the number.
struct FormatRow {
  const core::numeric::NumberFormat* format = nullptr;
  std::uint64_t code = 0;
  core::numeric::RoundingDecision decision;
  core::numeric::Explanation explanation;
  double factor = 1;                  ///< multiplies code-book values (block absmax); 1 for every other kind
  core::numeric::CodeScale scale;  ///< of the integer formats
  double value = 0;                   ///< what the code stands for, scale applied
  double error = 0;                   ///< value − number; NaN when either is not finite
};

/// Where the number comes from.
struct BitsInput {
  QString text;     ///< what the parser reads: a decimal with all digits, inf, nan, or a pattern
  QString display;  ///< what the field shows
  QString origin;   ///< empty, or "blk.3.attn_q.weight [12, 45]"
  core::numeric::FormatId patternFormat = core::numeric::FormatId::Fp32;
  double blockAbsmax = 1;     ///< the range that integer and code-book formats are scaled to
  bool absmaxChosen = false;  ///< by the person; otherwise it follows the number
  bool operator==(const BitsInput&) const = default;
};

/// The number under the lens and what every format makes of it. Every change can be undone.
class BitsState : public QObject {
  Q_OBJECT
 public:
  explicit BitsState(QObject* parent = nullptr);

  const BitsInput& input() const { return m_input; }
  const core::numeric::TypedNumber& number() const { return m_number; }
  const std::vector<FormatRow>& rows() const { return m_rows; }
  int selectedRow() const { return m_selectedRow; }
  const FormatRow& selected() const { return m_rows[static_cast<std::size_t>(m_selectedRow)]; }
  core::numeric::Rounding rounding() const { return m_rounding; }
  QUndoStack& undoStack() { return m_undo; }

  /// A decimal, inf, nan, or a 0x / 0b pattern of the selected row's format.
  /// @return empty, or the sentence that says what is wrong with it (then nothing changes)
  QString setText(const QString& text);
  /// A weight of the model and the absmax of its block of 64. The row of the format it is stored in is selected, where
  /// there is one.
  void setWeight(float value, double blockAbsmax, const QString& origin,
                 std::optional<core::numeric::FormatId> storedAs = std::nullopt);
  void setCode(int row, std::uint64_t code);
  /// @param bit 0 is the least significant
  void toggleBit(int row, int bit);
  /// To the format's next larger (+1) or smaller (−1) value.
  void step(int row, int direction);
  /// Nothing: follow the number again.
  void setBlockAbsmax(std::optional<double> absmax);
  void setRounding(core::numeric::Rounding rounding);
  void selectRow(int row);

 Q_SIGNALS:
  void changed();  ///< number, scale or rounding: every row may differ
  void selectedRowChanged();

 private:
  class Change;
  void propose(BitsInput input, const QString& what);
  void apply(const BitsInput& input);
  void recompute();

  BitsInput m_input;
  core::numeric::TypedNumber m_number;
  std::vector<FormatRow> m_rows;
  int m_selectedRow = 1;
  core::numeric::Rounding m_rounding = core::numeric::Rounding::NearestEven;
  QUndoStack m_undo;
};

/// Shortest text that reads back as the same double, C locale: "0.1", "1e-7", "inf".
QString shortText(double value);

}  // namespace app
