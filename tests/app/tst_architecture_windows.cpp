// Every workspace with models of other families than the demo's: experts, windows, recurrent states, embeddings of
// layers. All tabs are shown, a word is followed back, and nothing ends in a sentence of failure.
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>

#include "app/workspaces/trace/depth_chart.h"
#include "app/workspaces/trace/trace_state.h"
#include "app/workspaces/trace/trace_workspace.h"
#include "support/with_vocabulary.h"
#include "workspace_window.h"

using namespace app;

class TestArchitectureWindows : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir m_folder;

 private Q_SLOTS:
  void everyWorkspaceWorks_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"gemma3", "gemma4", "gptoss", "qwen35moe", "lfm2", "mamba2", "deepseek3", "gpt2"})
      QTest::newRow(name) << name;
  }
  void everyWorkspaceWorks() {
    QFETCH(QString, name);
    const QString file = m_folder.filePath(name + QStringLiteral(".gguf"));
    const auto data = std::filesystem::path(QS_TEST_DATA) / "architectures";
    support::writeWithVocabulary(data / (name.toStdString() + ".gguf"), file.toStdString());
    WorkspaceWindow shown(QStringLiteral("inspect"), file);
    MainWindow& window = shown.window();
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(!window.selection().model()->whyCannotComplete());
    for (const WorkspaceEntry& entry : workspaceEntries()) {
      window.showWorkspace(QLatin1String(entry.id));
      for (auto* tabs : window.currentWorkspace()->findChildren<QTabWidget*>()) {
        for (int i = 0; i < tabs->count(); ++i) {
          tabs->setCurrentIndex(i);
          QTest::qWait(1);
        }
      }
      QVERIFY2(shown.waitUntilIdle(), entry.id);
      QVERIFY2(window.errorText().isEmpty(), qPrintable(window.errorText()));
    }
    window.openLink(QStringLiteral("quantscope://trace?scheme=int2:group=8&prompt=a%20thread&device=cpu"));
    TraceState& state = shown.find<TraceWorkspace>()->state();
    QVERIFY(QTest::qWaitFor([&] { return state.isComplete() && !state.isRunning(); }, 60000));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY2(window.errorText().isEmpty(), qPrintable(window.errorText()));
    QVERIFY(state.trace()->search.found && state.trace()->depth);
    const QString letters = shown.find<DepthChart>()->xAxis->label();
    QCOMPARE(letters.contains(QStringLiteral("a behind attention")), name != QStringLiteral("mamba2"));
    QCOMPARE(letters.contains(QStringLiteral("s behind the state space")), name == QStringLiteral("mamba2"));
    QCOMPARE(letters.contains(QStringLiteral("p behind its own embedding")), name == QStringLiteral("gemma4"));
  }
};

QTEST_MAIN(TestArchitectureWindows)
#include "tst_architecture_windows.moc"
