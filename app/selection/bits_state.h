#pragma once
#include <QObject>
#include <QString>
#include <QStringList>
#include <QUndoStack>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/selection/bits_setup.h"
#include "core/numeric/explain.h"
#include "core/numeric/rounding.h"
#include "core/numeric/rounding_interval.h"
#include "core/numeric/typed_number.h"

namespace app {

/// One format's view of the number.
struct FormatRow {
  const core::numeric::NumberFormat* format = nullptr;
  std::uint64_t code = 0;
  core::numeric::ExactRoundingDecision decision;
  core::numeric::Explanation explanation;
  core::numeric::CodeScale scale;                        ///< of integers and code books
  core::numeric::ExactNumber rounded;                    ///< what was rounded: see TypedEncoding
  double value = 0;                                      ///< what the code stands for, scale applied
  double error = 0;                                      ///< value − number; NaN when either is not finite
  std::optional<core::numeric::ExactNumber> exactError;  ///< the same without rounding; nothing for NaN

  double relative = 0;  ///< the error in parts of the number; NaN where either is not known, or the number is zero

  bool isExact() const { return exactError && exactError->isZero(); }
};

/// The number under the lens and what every format makes of it. Every change can be undone.
class BitsState : public QObject {
  Q_OBJECT
 public:
  explicit BitsState(QObject* parent = nullptr);
  ~BitsState() override;

  const BitsSetup& setup() const { return m_setup; }
  const BitsInput& input() const { return m_setup.input; }
  const core::numeric::TypedNumber& number() const { return m_number; }
  const std::vector<FormatRow>& rows() const { return m_rows; }
  int selectedRow() const { return m_selectedRow; }
  const FormatRow& selected() const { return m_rows[static_cast<std::size_t>(m_selectedRow)]; }
  /// −1 when no row has it.
  int rowOf(const core::numeric::NumberFormat& format) const;
  const core::numeric::RoundingRule& rule() const { return m_setup.rule; }
  core::numeric::Rounding rounding() const { return m_setup.rule.mode; }
  /// The reals that round to the selected row's code; nothing for NaN.
  const std::optional<core::numeric::RoundingInterval>& interval() const { return m_interval; }
  /// Scale and zero-point of a format, typed or from the range.
  core::numeric::CodeScale scaleFor(const core::numeric::NumberFormat& format) const { return m_setup.scaleOf(format); }
  /// What was typed of them; null where they follow from the range.
  const TypedScale* typedScale(const core::numeric::NumberFormat& format) const;
  QUndoStack& undoStack() { return m_undo; }

  /// A decimal, an expression, inf, nan, or a 0x / 0b pattern of the selected row's format.
  /// @return empty, or the sentence that says what is wrong with it (then nothing changes)
  QString setText(const QString& text);
  /// A weight of the model and the absmax of its block of 64. The row of the format it is stored in is selected, where
  /// there is one.
  void setWeight(float value, double blockAbsmax, const QString& origin,
                 std::optional<core::numeric::FormatId> storedAs = std::nullopt);
  void setCode(int row, std::uint64_t code);
  /// @param bit 0 is the least significant
  void toggleBit(int row, int bit);
  void setBit(int row, int bit, bool value);
  /// Everything until endStroke() is one step of undo: bits painted in one go.
  void beginStroke();
  void endStroke();
  /// To the format's next larger (+1) or smaller (−1) value.
  void step(int row, int direction);
  /// The exponent field one more or less; integers are doubled or halved, other codes step.
  void stepExponent(int row, int direction);
  /// Nothing: follow the number again.
  void setRange(const std::optional<CodeRange>& range);
  void setBlockAbsmax(std::optional<double> absmax);
  /// Of one format; nothing: what the range gives it.
  /// @return as setText
  QString setScale(const core::numeric::NumberFormat& format, const std::optional<TypedScale>& typed);
  void setRounding(core::numeric::Rounding rounding);
  /// Another draw of stochastic rounding too.
  void setRule(const core::numeric::RoundingRule& rule);
  void selectRow(int row);

  /// The format of a name; custom formats are made when first asked for and live as long as this.
  /// @return null when the text names none; then `problem` says why
  const core::numeric::NumberFormat* format(const QString& name, QString* problem = nullptr);
  /// Gives a format a row, and selects it. @return as setText
  QString addFormat(const QString& name);
  /// The last row stays.
  void removeFormat(const QString& name);
  void setFormats(const QStringList& names);
  void setChain(std::vector<ChainStop> chain);
  /// Everything at once, as one step of undo named `what`. The setup's text and formats are known to be readable.
  void change(BitsSetup setup, const QString& what);
  /// As they are now, without a way back: for settings of another run.
  void restore(const BitsSetup& setup);

 Q_SIGNALS:
  void rowsChanged();  ///< other formats; changed() follows
  void changed();      ///< number, scale, rounding or formats: every row may differ
  void selectedRowChanged();
  void chainChanged();

 private:
  class Change;
  void apply(const BitsSetup& setup);
  void applyFormats(const QStringList& names);
  void recompute();
  void recompute(FormatRow& row) const;
  void recomputeInterval();

  BitsSetup m_setup;
  core::numeric::TypedNumber m_number;
  std::vector<FormatRow> m_rows;
  int m_selectedRow = 0;
  std::optional<core::numeric::RoundingInterval> m_interval;
  std::map<std::string, std::unique_ptr<const core::numeric::NumberFormat>> m_custom;  ///< by canonical name
  QUndoStack m_undo;
  int m_stroke = 0;  ///< 0: none
  int m_strokes = 0;
};

/// Shortest text that reads back as the same double, C locale: "0.1", "1e-7", "inf".
QString shortText(double value);
/// "FP8 E4M3"
QString titleOf(const core::numeric::NumberFormat& format);

}  // namespace app
