#pragma once
#include <QFile>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPushButton>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include "app/pictures/weight_bars.h"
#include "app/session/demo_model.h"
#include "app/widgets/label.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/quantize_workspace.h"
#include "core/quant/quantizer.h"

#include "workspace_window.h"

namespace quantize_lab {

using namespace app;

/// The demo model as a file of somebody's: nothing is built in for it.
class OwnModel {
 public:
  OwnModel() { QFile::copy(QString::fromStdString(builtInModelPath(kDemoName).string()), path()); }
  QString path() const { return m_folder.filePath(QStringLiteral("own.gguf")); }

 private:
  QTemporaryDir m_folder;
};

/// The workspace in a window, with the demo model or without any.
class Lab {
 public:
  explicit Lab(const QString& model = QStringLiteral("demo")) : m_window(QStringLiteral("quantize"), model) {
    QVERIFY2(workspace() != nullptr, "no workspace");
    static_cast<void>(QTest::qWaitForWindowActive(&m_window.window()));  // a second window may not become it
  }
  QuantizeWorkspace* workspace() { return qobject_cast<QuantizeWorkspace*>(m_window.window().currentWorkspace()); }
  LabState& state() { return workspace()->state(); }
  WorkspaceWindow& window() { return m_window; }
  template <class T>
  T* find(const char* name) {
    return workspace()->findChild<T*>(QLatin1String(name));
  }
  QString text(const char* label) { return find<Label>(label)->text(); }
  QString open(const QString& query) {
    return workspace()->openLink(*Link::parse(QStringLiteral("quantscope://quantize?") + query));
  }
  void showTab(int index) { find<QTabWidget>("lab-tabs")->setCurrentIndex(index); }
  void click(const char* button) { QTest::mouseClick(find<QAbstractButton>(button), Qt::LeftButton); }
  void type(const char* field, const QString& text) {
    auto* line = find<QLineEdit>(field);
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, text);
    QTest::keyClick(line, Qt::Key_Escape);  // closes the completions
    QTest::keyClick(line, Qt::Key_Return);
  }
  /// Takes the bar of a weight with the mouse and pulls it by so many pixels.
  void drag(int index, int pixels) {
    auto* bars = find<WeightBars>("lab-bars");
    QTest::qWait(50);  // the layout of the axes
    const QPoint from = bars->barEnd(index).toPoint();
    QTest::mousePress(bars, Qt::LeftButton, {}, from);
    for (int step = 1; step <= 8; ++step) {
      const QPoint to(from.x(), from.y() - pixels * step / 8);
      QMouseEvent move(QEvent::MouseMove, to, bars->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
      QCoreApplication::sendEvent(bars, &move);
    }
    QTest::mouseRelease(bars, Qt::LeftButton, {}, from - QPoint(0, pixels));
  }

 private:
  WorkspaceWindow m_window;
};

inline constexpr int kSteps = 0, kColumns = 1, kInputs = 2, kBytes = 3, kCurves = 4, kClip = 5, kSharing = 6,
                     kRivals = 7;

/// What quantize() makes of the state's weights: the shown ones.
inline std::vector<float> decodedByTheQuantizer(LabState& state) {
  const core::quant::FlatRange all{0, state.tensor()->shape.count()};
  const auto edited = editedPart(*state.tensor(), all, state.edits());
  const auto known = state.request().known(core::JobContext());
  const auto quantized = core::quant::quantize(state.input().scheme, *edited, core::JobContext(), known.get());
  std::vector<float> values(state.block().shown.count);
  for (std::size_t i = 0; i < values.size(); ++i)
    core::quant::decode(*quantized, state.block().flatIndex(i), 1, &values[i]);
  return values;
}

}  // namespace quantize_lab
