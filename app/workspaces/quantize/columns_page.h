#pragma once
#include <memory>

#include "app/workspaces/quantize/lab_page.h"
#include "core/quant/explain/method_explanation.h"

class QStackedLayout;

namespace app {

class ColumnStory;
class MethodChoice;
class StopNotice;

/// The row of the block under a method that looks at columns, one column after the other: what GPTQ pushes from each
/// into the next ones, what protects a channel under AWQ and SmoothQuant, where HQQ moved the zero-points. The column
/// in front is that of the weight under study.
class ColumnsPage : public LabPage {
  Q_OBJECT
 public:
  explicit ColumnsPage(LabState& state, QWidget* parent = nullptr);

  /// The line in front; −1 for none.
  int line() const;

 protected:
  void refresh() override;

 private:
  void offerMethods();
  void compute();
  void take(core::quant::MethodExplanation explanation);
  void showMessage(const QString& message);
  std::uint64_t row() const;
  std::uint32_t column() const;

  QString m_computed;                                     ///< what the row was, or is being, explained for
  std::weak_ptr<core::quant::Calibration> m_calibration;  ///< and with
  bool m_isThere = false;  ///< the story is that of m_computed, or of the row before while that is computed
  QStackedLayout* m_stack;
  ColumnStory* m_story;
  MethodChoice* m_choice;
  StopNotice* m_stop;
};

}  // namespace app
