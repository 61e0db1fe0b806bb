// Quantize in its window: links, restarts, sizes, and what screen readers find.
#include <QAccessible>
#include <QApplication>
#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QScopeGuard>
#include <QScrollArea>
#include <QScrollBar>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>
#include <cmath>

#include "app/pictures/clip_chart.h"
#include "app/workspaces/quantize/steps_page.h"
#include "core/quant/explain/method_explanation.h"

#include "quantize_lab.h"

using namespace app;
using namespace quantize_lab;

class TestQuantizeWindow : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void linksLeadBackToTheSamePlace() {
    Lab lab;
    const QString places[] = {
        QStringLiteral("scheme=int8:group=32&values=0.45892,1,-0.3&step=round"),
        QStringLiteral("scheme=nf4&distribution=laplace&count=256&seed=7&outlier=8&outliers=2&weight=70&show=rivals"),
        QStringLiteral(
            "scheme=int4&distribution=uniform&count=64&seed=2&moved=3:5.5,40:-2&clip=0.5&show=clip&extent=all"),
        QStringLiteral("tensor=blk.1.attn_q.weight&scheme=q4_0&row=3&block=2&step=error"),
    };
    for (const QString& place : places) {
      QCOMPARE(lab.open(place), QString());
      QVERIFY(lab.window().waitUntilIdle());
      const LabInput input = lab.state().input();
      const std::uint64_t weight = lab.state().weight();
      const auto decoded = lab.state().block().decoded;
      const Link link = lab.workspace()->link();
      QVERIFY(lab.open(QStringLiteral("scheme=int2&values=1,2&step=range&show=bytes")).isEmpty());
      QCOMPARE(lab.workspace()->openLink(link), QString());
      QVERIFY(lab.window().waitUntilIdle());
      QCOMPARE(lab.workspace()->link(), link);
      QCOMPARE(lab.state().input().scheme, input.scheme);
      QCOMPARE(lab.state().weight(), weight);
      QCOMPARE(lab.state().block().decoded, decoded);
    }
    QCOMPARE(lab.state().weight(), std::uint64_t{3 * 256 + 2 * 32});
  }

  void wrongLinksAreRefusedAndChangeNothing() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral("scheme=int4&distribution=normal")).isEmpty());
    const LabInput before = lab.state().input();
    for (const char* wrong :
         {"scheme=int9", "values=1,apple", "distribution=cauchy", "distribution=normal&count=0",
          "distribution=normal&count=99999999", "distribution=normal&outlier=nan", "clip=7", "step=dance",
          "show=nothing", "moved=3", "moved=x:1", "colour=red", "tensor=no.such.tensor", "row=99999&block=0",
          "row=0&block=4000", "extent=half", "distribution=normal&seed=-1"}) {
      const QString sentence = lab.open(QLatin1String(wrong));
      QVERIFY2(sentence.size() > 10 && sentence.endsWith(u'.'), qPrintable(QLatin1String(wrong) + u':' + sentence));
      QVERIFY2(lab.state().input() == before, wrong);
    }
    Lab none{QString()};
    QVERIFY(none.open(QStringLiteral("row=3&block=2")).contains(QStringLiteral("no model")));
  }

  /// Every stage that a lesson sets here can be set, at the step and the tab it names.
  void theStagesOfTheLessonsOpen() {
    Lab lab;
    static const QRegularExpression stage(QStringLiteral("quantscope://quantize\\?[^\"\\s)]+"));
    int opened = 0;
    QDirIterator files(QStringLiteral(QS_SOURCE_DIR "/resources/lessons"), {QStringLiteral("*.json")}, QDir::Files,
                       QDirIterator::Subdirectories);
    while (files.hasNext()) {
      QFile file(files.next());
      QVERIFY(file.open(QIODevice::ReadOnly));
      auto links = stage.globalMatch(QString::fromUtf8(file.readAll()));
      while (links.hasNext()) {
        const QString text = links.next().captured().replace(QStringLiteral("$answer"), QStringLiteral("1"));
        const auto link = Link::parse(text);
        QVERIFY2(link, qPrintable(text));
        QVERIFY2(lab.workspace()->openLink(*link).isEmpty(), qPrintable(text));
        QVERIFY2(lab.state().problem().isEmpty(), qPrintable(text + lab.state().problem()));
        if (link->has(QStringLiteral("step")))
          QCOMPARE(lab.workspace()->findChild<StepsPage*>()->stage(), link->value(QStringLiteral("step")));
        if (link->has(QStringLiteral("tensor")))
          QCOMPARE(lab.workspace()->link().value(QStringLiteral("tensor")), link->value(QStringLiteral("tensor")));
        ++opened;
      }
    }
    QVERIFY(opened > 0);
    QVERIFY(lab.window().waitUntilIdle());
  }

  void whatNobodyChoseIsNotKept() {
    Lab lab{QString()};
    QCOMPARE(lab.state().input().source, WeightSource::Drawn);
    lab.window().restart(QStringLiteral("quantize"));  // with the demo model
    QCOMPARE(lab.state().input().source, WeightSource::Tensor);
  }

  void drawnWeightsAreThereAgainAfterARestart() {
    Lab lab;
    QVERIFY(lab.open(QStringLiteral(
                         "scheme=int3:group=16&distribution=laplace&count=128&seed=5&moved=2:4&show=curves&extent=row"))
                .isEmpty());
    const auto decoded = lab.state().block().decoded;
    lab.window().restart(QStringLiteral("quantize"));
    QCOMPARE(lab.state().input().scheme.toString(), std::string("int3:group=16"));
    QCOMPARE(lab.state().block().decoded, decoded);
    QVERIFY(!lab.state().undoStack().canUndo());
    QCOMPARE(lab.workspace()->link().value(QStringLiteral("extent")), QStringLiteral("row"));
    QCOMPARE(lab.find<QTabWidget>("lab-tabs")->currentIndex(), kCurves);
  }

  /// Beside the schemes panel of a window of 1280 × 800, and in the smallest window.
  void fitsASmallWindow() {
    Lab lab;
    for (const char* scheme : {"int4", "q4_k", "int8:group=row", "kmeans4", "nf4:double=on", "gptq:group=128", "awq",
                               "hqq", "int8:method=smooth,activations=int8_static"}) {
      QVERIFY(lab.open(QStringLiteral("scheme=") + QLatin1String(scheme)).isEmpty());
      for (int tab = kSteps; tab <= kRivals; ++tab) {
        lab.showTab(tab);
        QVERIFY(lab.window().waitUntilIdle());
        const QSize least = lab.workspace()->minimumSizeHint();
        QVERIFY2(least.width() <= 840,
                 qPrintable(QStringLiteral("%1 %2: %3").arg(QLatin1String(scheme)).arg(tab).arg(least.width())));
        for (const QSize size : {QSize(1024, 640), QSize(1280, 800)}) {
          lab.window().window().resize(size);
          const auto* place = lab.window().find<QScrollArea>(QStringLiteral("page-place"));
          const auto* across = place->horizontalScrollBar();
          const auto* down = place->verticalScrollBar();
          QTest::qWait(20);
          // Pictures are not squeezed: for these the smallest window scrolls.
          const bool mayScroll = size.height() < 800 && (tab == kClip || tab == kInputs ||
                                                         core::quant::explainsColumns(lab.state().input().scheme));
          const bool fits =
              QTest::qWaitFor([&] { return across->maximum() == 0 && (mayScroll || down->maximum() == 0); }, 500);
          QVERIFY2(fits, qPrintable(QStringLiteral("%1 %2 at %3: %4 × %5 more")
                                        .arg(QLatin1String(scheme))
                                        .arg(tab)
                                        .arg(size.width())
                                        .arg(across->maximum())
                                        .arg(down->maximum())));
          if (tab == kClip) QVERIFY(lab.find<ClipChart>("lab-clip-chart")->axisRect()->height() >= 90);
        }
      }
    }
  }

  /// Neither beside a lesson in the smallest window nor enlarged by half.
  void nothingScrollsSideways() {
    Lab lab;
    const auto across = [&] {
      return lab.window().find<QScrollArea>(QStringLiteral("page-place"))->horizontalScrollBar()->maximum();
    };
    const auto check = [&](const char* where) {
      for (const char* place :
           {"tensor=blk.1.ffn_down.weight&scheme=awq:group=32", "scheme=int4:range=percentile,p=99,group=64",
            "scheme=q4_k", "scheme=nf4:double=on&distribution=normal&outlier=8", "scheme=int8&values=1,2,3"}) {
        if (const QString problem = lab.open(QLatin1String(place)); !problem.isEmpty()) QFAIL(qPrintable(problem));
        for (int tab = kSteps; tab <= kRivals; ++tab) {
          lab.showTab(tab);
          QVERIFY(lab.window().waitUntilIdle());
          QTest::qWait(20);
          QVERIFY2(QTest::qWaitFor([&] { return across() == 0; }, 500),
                   qPrintable(QStringLiteral("%1: %2 %3: %4 more")
                                  .arg(QLatin1String(where), QLatin1String(place))
                                  .arg(tab)
                                  .arg(across())));
        }
      }
    };
    MainWindow& window = lab.window().window();
    window.openLink(QStringLiteral("quantscope://learn/outliers/quiet"));
    QVERIFY(lab.workspace() != nullptr);
    window.resize(1024, 640);
    check("beside a lesson");
    const auto zoom = qScopeGuard([] { Theme::instance().setZoom(100); });
    Theme::instance().setZoom(150);
    window.resize(1280, 800);
    check("at 150 % beside a lesson");
  }

  /// Tab goes through sources, scheme and its options as one reads them, and on to the block and the tabs.
  void tabGoesAsOneReads() {
    Lab lab;
    for (const char* place : {"tensor=blk.0.attn_q.weight&scheme=int4:range=percentile,p=99",
                              "distribution=normal&outlier=8&scheme=nf4:double=on", "values=1,2,3&scheme=int8"}) {
      QVERIFY(lab.open(QLatin1String(place)).isEmpty());
      QTest::qWait(50);
      QWidget* head = lab.find<QWidget>("lab-scheme");
      auto* first = lab.find<QAbstractButton>(lab.state().input().source == WeightSource::Tensor  ? "lab-source-0"
                                              : lab.state().input().source == WeightSource::Drawn ? "lab-source-1"
                                                                                                  : "lab-source-2");
      first->setFocus();
      QPoint before(-1, -1);
      QStringList way;
      bool sawScheme = false, sawBlock = false;
      for (int i = 0; i < 40 && !sawBlock; ++i) {
        const QWidget* now = QApplication::focusWidget();
        QVERIFY(now != nullptr);
        const QString name = now->objectName();
        way << name;
        sawScheme = sawScheme || now == head;
        sawBlock = now == lab.find<WeightBars>("lab-bars");
        const bool isAtTheEdge = name == QLatin1String("lab-copy") || name == QLatin1String("lab-use") ||
                                 name == QLatin1String("lab-undo") || name == QLatin1String("lab-redo") ||
                                 name == QLatin1String("lab-restore");
        const QPoint at = now->mapTo(lab.workspace(), now->rect().center());
        if (!isAtTheEdge && before.x() >= 0)
          QVERIFY2(at.y() > before.y() + 8 || (std::abs(at.y() - before.y()) <= 8 && at.x() > before.x()),
                   qPrintable(way.join(QStringLiteral(" → "))));
        if (!isAtTheEdge) before = at;
        QTest::keyClick(const_cast<QWidget*>(now), Qt::Key_Tab);
      }
      QVERIFY2(sawScheme && sawBlock, qPrintable(way.join(QStringLiteral(" → "))));
    }
  }

  /// Taking packed weights apart is work: not for a page that nobody looks at.
  void weightsAreTakenWhenSomebodyLooks() {
    Lab lab;
    LabState& state = lab.state();
    Selection& selection = lab.window().selection();
    const auto down = *selection.model()->checkpoint().find("blk.2.ffn_down.weight");
    QVERIFY(state.tensor() != nullptr);
    selection.setWorkspace(QStringLiteral("inspect"));
    selection.setTensor(down);
    QVERIFY(state.tensor() == nullptr);
    selection.setWorkspace(QStringLiteral("quantize"));
    QTRY_VERIFY(state.tensor() != nullptr);
    QCOMPARE(state.sourceName(), QStringLiteral("blk.2.ffn_down.weight"));
    QTRY_VERIFY(!state.block().isEmpty());
  }

  void paintedWidgetsSpeak() {
    Lab lab{QString()};
    QVERIFY(!lab.find<WeightBars>("lab-bars")->accessibleName().isEmpty());
    QVERIFY(lab.find<WeightBars>("lab-bars")->accessibleDescription().contains(QStringLiteral("SQNR")));
    for (const char* chart :
         {"lab-staircase", "lab-saw-tooth", "lab-step-errors", "lab-clip-chart", "lab-sharing-chart", "lab-bytes"})
      QVERIFY2(!lab.find<QWidget>(chart)->accessibleName().isEmpty(), chart);
    QVERIFY(lab.workspace()->helpText().size() > 200);
    for (int tab = kSteps; tab <= kRivals; ++tab) {
      lab.showTab(tab);
      for (QWidget* widget : lab.workspace()->findChildren<QWidget*>()) {
        if (!widget->isVisible() || widget->focusPolicy() == Qt::NoFocus) continue;
        if (widget->inherits("QTabBar")) continue;                                         // its tabs speak
        if (qobject_cast<QAbstractSpinBox*>(widget->parentWidget()) != nullptr) continue;  // which speaks itself
        const QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(widget);
        QVERIFY2(spoken != nullptr && !spoken->text(QAccessible::Name).isEmpty(),
                 qPrintable(QStringLiteral("%1 %2 in tab %3")
                                .arg(QLatin1String(widget->metaObject()->className()), widget->objectName())
                                .arg(tab)));
      }
    }
  }
};

QTEST_MAIN(TestQuantizeWindow)
#include "tst_quantize_window.moc"
