#pragma once
#include <QObject>
#include <QString>
#include <vector>

#include "app/jobs/job_runner.h"
#include "app/selection/selection.h"
#include "core/quant/scheme.h"

namespace app {

class BlockState;

/// Brings blocks under the lens: of the selected weight, or of typed values, under a scheme; encoded beside the GUI
/// thread.
class BlockSource : public QObject {
  Q_OBJECT
 public:
  BlockSource(Selection& selection, JobRunner& jobs, BlockState& state, QObject* parent = nullptr);

  /// While inactive nothing is encoded.
  void setActive(bool active);
  const core::quant::Scheme& scheme() const { return m_scheme; }
  void setScheme(const core::quant::Scheme& scheme);
  /// The scheme of what is under the lens, when undo or a link brought it.
  void adoptScheme(const core::quant::Scheme& scheme);
  /// Typed numbers, apart by spaces, commas or semicolons; filled up with zeros where the block wants more.
  /// @return empty, or the sentence that says what is wrong with them
  QString setValues(const QString& text);
  const QString& valuesText() const { return m_text; }
  /// Blocks of the selected weight from now on.
  void followWeight();
  /// What is under the lens stays until something else is asked for: whatever is being encoded is not shown.
  void hold();
  bool followsWeight() const { return m_followsWeight; }

 Q_SIGNALS:
  /// There is no such block: the one under the lens has gone. @param help what to do about it
  void refused(const QString& sentence, const QString& help);
  void sourceChanged();  ///< scheme, values or where they come from

 private:
  void request();
  void encodeTyped();
  void encodeSelected();
  void refuse(const QString& sentence, const QString& help);
  QString helpForRows(std::uint64_t rowValues) const;

  Selection& m_selection;
  JobRunner& m_jobs;
  BlockState& m_state;
  core::quant::Scheme m_scheme;
  QString m_text;
  std::vector<float> m_values;
  bool m_followsWeight = true, m_active = false, m_isStale = true;
};

/// The schemes that store blocks, those most asked for first; groups are apart by an empty name.
std::vector<std::pair<QString, QString>> blockSchemes();  ///< text, name for people
/// Weights in one block; 0 where a block is a row or a tensor.
std::uint32_t blockValues(const core::quant::Format& format);

}  // namespace app
