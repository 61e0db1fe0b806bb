// The window driven with mouse and keyboard: selection and history, palette, panel, errors, state, closing while
// opening.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QListView>
#include <QLocale>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QSignalSpy>
#include <QSplitter>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <ctime>
#include <utility>

#include "app/selection/model_loader.h"
#include "app/session/demo_model.h"
#include "app/shell/help_panel.h"
#include "app/shell/main_window.h"
#include "app/shell/palette_model.h"

using namespace app;

namespace {

/// Processor time of the calling thread.
qint64 threadNanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return qint64{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

class TestShell : public QObject {
  Q_OBJECT
 private:
  QTemporaryDir m_settings;

  static bool openDemo(MainWindow& window) {
    window.openModel(QStringLiteral("demo"));
    return QTest::qWaitFor([&] { return window.selection().model() != nullptr || !window.errorText().isEmpty(); },
                           30000) &&
           window.selection().model() != nullptr;
  }

 private Q_SLOTS:
  void initTestCase() {
    QCoreApplication::setApplicationName(QStringLiteral("quantscope-test"));
    QCoreApplication::setOrganizationName(QStringLiteral("quantscope-test"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
    qputenv("XDG_CACHE_HOME", m_settings.path().toUtf8());
    Theme::instance().install();
  }
  void init() { QSettings().clear(); }

  void startsOnTheStartPage() {
    MainWindow window;
    window.show();
    QCOMPARE(window.selection().workspace(), QStringLiteral("start"));
    QVERIFY(!window.selection().canGoBack());
    QVERIFY(window.findChild<QPushButton*>(QStringLiteral("open-demo"))->isEnabled());
  }

  void theWholeInterfaceIsEnlarged() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    auto* rail = window.findChild<QAbstractButton*>(QStringLiteral("nav-bits"));
    const QSize before = rail->sizeHint();
    const double points = QApplication::font().pointSizeF();
    QTest::keyClick(&window, Qt::Key_Plus, Qt::ControlModifier);
    QTest::keyClick(&window, Qt::Key_Plus, Qt::ControlModifier);
    QTest::keyClick(&window, Qt::Key_Equal, Qt::ControlModifier);
    QCOMPARE(Theme::instance().zoom(), 150);
    QCOMPARE(QApplication::font().pointSizeF(), points * 1.5);
    QCOMPARE(Theme::instance().monoFont().pointSizeF(), points * 1.5);
    QVERIFY(rail->sizeHint().width() >= before.width() * 1.4 && rail->sizeHint().height() >= before.height() * 1.4);
    // What no longer fits scrolls: nothing is laid out smaller than it needs.
    window.openLink(QStringLiteral("quantscope://bits"));
    window.resize(1024, 640);
    QCoreApplication::processEvents();
    const QWidget* page = window.currentWorkspace();
    QVERIFY(page->height() >= page->minimumSizeHint().height());
    QVERIFY(page->width() >= page->minimumSizeHint().width());
    window.saveState();
    QCOMPARE(QSettings().value(QStringLiteral("window/zoom")).toInt(), 150);
    QTest::keyClick(&window, Qt::Key_Minus, Qt::ControlModifier);
    QCOMPARE(Theme::instance().zoom(), 125);
    QTest::keyClick(&window, Qt::Key_0, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(Theme::instance().zoom(), 100);
  }

  void theDemoModelIsOneClickAway() {
    MainWindow window;
    window.show();
    QTest::mouseClick(window.findChild<QPushButton*>(QStringLiteral("open-demo")), Qt::LeftButton);
    QVERIFY(window.loader().isOpening());
    QTRY_VERIFY_WITH_TIMEOUT(window.selection().model() != nullptr, 30000);
    QVERIFY(window.selection().tensor().has_value());
    QTRY_VERIFY(window.selection().workspace() != QStringLiteral("start"));
    QVERIFY(window.loader().recent().isEmpty());  // the demo is always there, it needs no place in the list
  }

  void aMissingFileIsASentence() {
    MainWindow window;
    window.show();
    window.openModel(QStringLiteral("/nowhere/model.gguf"));
    QTRY_VERIFY(!window.errorText().isEmpty());
    QVERIFY2(window.errorText().contains(QStringLiteral("model.gguf")), qPrintable(window.errorText()));
    QCOMPARE(window.selection().workspace(), QStringLiteral("start"));
    QTest::keyClick(&window, Qt::Key_Escape);
    QVERIFY(window.errorText().isEmpty());
  }

  void closingWhileAModelOpens() {
    for (int delay = 0; delay < 6; ++delay) {
      auto window = std::make_unique<MainWindow>();
      window->show();
      window->openModel(QStringLiteral("demo"));
      QTest::qWait(delay * 3);
      window->close();
      window.reset();
    }
  }

  void selectionWalksBackAndForward() {
    MainWindow window;
    window.show();
    QVERIFY(openDemo(window));
    Selection& selection = window.selection();
    const auto first = selection.tensor();
    selection.setTensor(1);
    selection.setWeight(5);
    window.showWorkspace(QStringLiteral("bits"));
    QTest::keyClick(&window, Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(selection.weight(), std::optional<std::uint64_t>(5));
    QTest::keyClick(&window, Qt::Key_Left, Qt::AltModifier);
    QVERIFY(!selection.weight().has_value());
    QTest::keyClick(&window, Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(selection.tensor(), first);
    for (int i = 0; i < 3; ++i) QTest::keyClick(&window, Qt::Key_Right, Qt::AltModifier);
    QCOMPARE(selection.workspace(), QStringLiteral("bits"));
    QCOMPARE(selection.tensor(), std::optional<std::size_t>(1));
    QVERIFY(!selection.canGoForward());
  }

  void narrowingClearsWhatLiesBelow() {
    MainWindow window;
    QVERIFY(openDemo(window));
    window.selection().setTensorAndWeight(2, 7);
    const QSignalSpy weightChanged(&window.selection(), &Selection::weightChanged);
    window.selection().setTensor(3);
    QVERIFY(!window.selection().weight().has_value());
    QCOMPARE(weightChanged.count(), 1);
    window.selection().setWeight(~std::uint64_t{0});  // beyond the tensor: ignored
    QVERIFY(!window.selection().weight().has_value());
    window.selection().setTensor(1'000'000);
    QCOMPARE(window.selection().tensor(), std::optional<std::size_t>(3));
  }

  void aWeightOfTheModelReachesTheBits() {
    MainWindow window;
    window.show();
    QVERIFY(openDemo(window));
    window.showWorkspace(QStringLiteral("bits"));
    window.selection().setTensorAndWeight(*window.selection().tensor(), 3);
    auto* field = window.findChild<QLineEdit*>(QStringLiteral("bits-field"));
    QVERIFY(field);
    QTRY_VERIFY(field->text() != QStringLiteral("0.1"));
  }

  void checkedSchemesKeepTheirColour() {
    Selection selection;
    const auto checked = selection.checkedRecipes();
    QVERIFY(checked.size() >= 3);
    QSet<QRgb> colors;
    for (const auto& scheme : checked) colors.insert(selection.color(scheme).rgb());
    QCOMPARE(colors.size(), static_cast<qsizetype>(checked.size()));
    const QColor before = selection.color(checked[1]);
    selection.setChecked(checked[1], false);
    selection.setChecked(checked[1], true);
    QCOMPARE(selection.color(checked[1]), before);
    Selection twice;  // as earlier versions saved it
    twice.restoreSchemes({QStringLiteral("1 2 nf4"), QStringLiteral("1 2 q4_0")});
    QVERIFY(twice.color(core::quant::Scheme::parse("nf4")) != twice.color(core::quant::Scheme::parse("q4_0")));
    Selection restored;
    restored.restoreSchemes(selection.saveSchemes()
                            << QStringLiteral("1 2 no_such_scheme") << QStringLiteral("rubbish"));
    QVERIFY(restored.checkedRecipes() == selection.checkedRecipes());
    QCOMPARE(restored.color(checked[1]), before);
  }

  void everySchemeHasAColourAndMarkOfItsOwn() {
    Selection selection;
    for (int group = 1; group <= 20; ++group)
      selection.addOwn(core::quant::Scheme::parse("int4:group=" + std::to_string(16 * group + 8)));
    for (const SchemeEntry& entry : selection.schemes()) selection.setChecked(entry.recipe, true);
    QSet<std::pair<QRgb, int>> looks;
    const auto schemes = selection.checkedRecipes();
    for (const auto& scheme : schemes)
      looks.insert({selection.color(scheme).rgb(), static_cast<int>(selection.mark(scheme))});
    QCOMPARE(looks.size(), std::min<qsizetype>(static_cast<qsizetype>(schemes.size()), kSeriesSlots));
    // A scheme that was unticked may still stand somewhere: nobody takes its colour.
    Selection other;
    const auto first = other.checkedRecipes().front();
    const QColor color = other.color(first);
    other.setChecked(first, false);
    for (int i = 0; i < 3; ++i) other.addOwn(core::quant::Scheme::parse("int3:group=" + std::to_string(16 + 8 * i)));
    for (const auto& scheme : other.checkedRecipes()) QVERIFY(other.color(scheme) != color);
  }

  void thePanelMakesRoomInASmallWindow() {
    MainWindow window;
    window.show();
    window.showWorkspace(QStringLiteral("bits"));
    auto* list = window.findChild<QListView*>(QStringLiteral("scheme-list"));
    window.resize(1280, 800);
    QVERIFY(list->isVisible());
    window.resize(1024, 640);
    QVERIFY(!list->isVisible());
    QCOMPARE(window.size(), QSize(1024, 640));  // nothing in it insists on more
  }

  void thePaletteFindsAndRuns() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
    auto* palette = window.findChild<QWidget*>(QStringLiteral("command-palette"));
    QVERIFY(palette->isVisible());
    auto* field = palette->findChild<QLineEdit*>();
    QTest::keyClicks(field, QStringLiteral("bits"));
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(!palette->isVisible());
    QCOMPARE(window.selection().workspace(), QStringLiteral("bits"));
    QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
    QTest::keyClick(field, Qt::Key_Escape);
    QVERIFY(!palette->isVisible());
  }

  void aFoundTensorIsShown() {
    MainWindow window;
    window.show();
    QVERIFY(openDemo(window));
    window.showWorkspace(QStringLiteral("bits"));
    window.openCommandPalette();
    auto* field = window.findChild<QWidget*>(QStringLiteral("command-palette"))->findChild<QLineEdit*>();
    QTest::keyClicks(field, QStringLiteral("blk.2.ffn_up"));
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(window.selection().workspace(), QStringLiteral("inspect"));
    QCOMPARE(QString::fromStdString(window.selection().tensorInfo()->name), QStringLiteral("blk.2.ffn_up.weight"));
    window.selection().back();  // one step
    QCOMPARE(window.selection().workspace(), QStringLiteral("bits"));
  }

  void whatIsGreyedOutSaysWhy() {
    MainWindow window;
    auto* chat = window.findChild<QAbstractButton*>(QStringLiteral("nav-chat"));
    QVERIFY(!chat->isEnabled());
    QVERIFY2(chat->toolTip().contains(QStringLiteral("Open one first")), qPrintable(chat->toolTip()));
    QVERIFY(chat->accessibleDescription().contains(QStringLiteral("Open one first")));
    QVERIFY(openDemo(window));
    QVERIFY(chat->isEnabled());
    QVERIFY(!chat->toolTip().contains(QStringLiteral("Open one first")));
  }

  void theFirstWindowFitsItsScreen() {
    MainWindow window;
    const QRect room = window.screen()->availableGeometry();
    QVERIFY(window.width() <= std::max(room.width(), window.minimumWidth()));
    QVERIFY(window.height() <= std::max(room.height(), window.minimumHeight()));
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QVERIFY(room.contains(window.geometry().topLeft()));
  }

  void helpIsAPanelThatFollows() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.showWorkspace(QStringLiteral("bits"));
    QTest::keyClick(&window, Qt::Key_F1);
    auto* help = window.findChild<HelpPanel*>();
    QVERIFY(help->isVisible() && !QApplication::activeModalWidget());
    QVERIFY(help->text().contains(QStringLiteral("Click a bit")));
    QVERIFY(help->text().contains(QStringLiteral("Ctrl+K")));
    window.showWorkspace(QStringLiteral("start"));
    QVERIFY(!help->text().contains(QStringLiteral("Click a bit")));
    QTest::keyClick(help, Qt::Key_Escape);
    QVERIFY(!help->isVisible());
    QTest::keyClick(&window, Qt::Key_F1);
    QTest::keyClick(&window, Qt::Key_F1);
    QVERIFY(!help->isVisible());
  }

  void listsOfBoxesShowTheirItems() {
    MainWindow window;
    window.show();
    QVERIFY(openDemo(window));
    int seen = 0;
    for (const WorkspaceEntry& entry : workspaceEntries()) {
      window.showWorkspace(QLatin1String(entry.id));
      QTest::qWait(50);
      for (auto* box : window.currentWorkspace()->findChildren<QComboBox*>()) {
        if (!box->isVisible() || !box->isEnabled() || box->count() == 0) continue;
        int before = 0;
        do {  // a job may bring items meanwhile: devices that are found
          box->hidePopup();
          before = box->count();
          box->showPopup();
          QTest::qWait(20);
        } while (box->count() != before);
        const int shown = std::min(box->count(), box->maxVisibleItems());
        const QAbstractItemView* list = box->view();
        int height = 0;  // a line between groups is lower than an item
        for (int row = 0; row < shown; ++row) height += list->sizeHintForRow(row);
        QVERIFY2(list->viewport()->height() >= height, qPrintable(QStringLiteral("%1: %2 of %3 pixels for %4 items")
                                                                      .arg(box->accessibleName())
                                                                      .arg(list->viewport()->height())
                                                                      .arg(height)
                                                                      .arg(shown)));
        box->hidePopup();
        ++seen;
      }
    }
    QVERIFY(seen > 2);
  }

  void splittersAreRemembered() {
    QList<int> sizes;
    {
      MainWindow window;
      window.resize(1280, 800);
      window.show();
      QVERIFY(openDemo(window));
      window.showWorkspace(QStringLiteral("inspect"));
      auto* splitter = window.findChild<QSplitter*>(QStringLiteral("inspect-columns"));
      splitter->setSizes({400, splitter->width() - 400});
      sizes = splitter->sizes();
      window.close();
    }
    MainWindow window;
    window.restoreState();
    window.resize(1280, 800);
    window.show();
    QVERIFY(openDemo(window));
    window.showWorkspace(QStringLiteral("inspect"));
    QTest::qWait(20);
    QVERIFY(std::abs(window.findChild<QSplitter*>(QStringLiteral("inspect-columns"))->sizes()[0] - sizes[0]) <= 2);
  }

  void lettersInOrderSuffice() {
    QVERIFY(matchScore(QStringLiteral("b3q"), QStringLiteral("blk.3.attn_q.weight")) > 0);
    QVERIFY(matchScore(QStringLiteral("q3b"), QStringLiteral("blk.3.attn_q.weight")) < 0);
    QVERIFY(matchScore(QStringLiteral("attn_q"), QStringLiteral("blk.3.attn_q.weight")) >
            matchScore(QStringLiteral("attn_q"), QStringLiteral("blk.3.attn_norm_quiet.weight")));
    PaletteModel model;
    std::vector<PaletteItem> items;
    for (int i = 0; i < 20000; ++i) items.push_back({QStringLiteral("blk.%1.ffn_down.weight").arg(i), {}, {}, [] {}});
    model.setItems(std::move(items));
    model.setFilter(QStringLiteral("1234 down"));
    QVERIFY(model.index(0).data().toString().contains(QStringLiteral("1234")));
    QVERIFY(model.rowCount() <= 100);
  }

  void stateSurvives() {
    {
      MainWindow window;
      window.loader().setRecent({QStringLiteral("/models/a.gguf"), QStringLiteral("/models/b")});
      window.selection().setChecked(window.selection().checkedRecipes().front(), false);
      window.close();
    }
    MainWindow window;
    const auto fresh = window.selection().checkedRecipes().size();
    window.restoreState();
    QCOMPARE(window.loader().recent().size(), 2);
    QCOMPARE(window.selection().checkedRecipes().size(), fresh - 1);
  }

  void droppingAFileOpensIt() {
    MainWindow window;
    window.show();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(QStringLiteral("/nowhere/dropped.gguf"))});
    // As a file manager does: it allows both and proposes to move, after which it would delete its file.
    const Qt::DropActions allowed = Qt::CopyAction | Qt::MoveAction;
    QDragEnterEvent enter(QPoint(300, 300), allowed, &data, Qt::LeftButton, Qt::NoModifier);
    enter.setDropAction(Qt::MoveAction);
    QCoreApplication::sendEvent(&window, &enter);
    QVERIFY(enter.isAccepted());
    QCOMPARE(enter.dropAction(), Qt::CopyAction);
    QDropEvent drop(QPointF(300, 300), allowed, &data, Qt::LeftButton, Qt::NoModifier);
    drop.setDropAction(Qt::MoveAction);
    QCoreApplication::sendEvent(&window, &drop);
    QCOMPARE(drop.dropAction(), Qt::CopyAction);
    QDragEnterEvent moveOnly(QPoint(300, 300), Qt::MoveAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window, &moveOnly);
    QVERIFY(!moveOnly.isAccepted());
    QTRY_VERIFY2(window.errorText().contains(QStringLiteral("dropped.gguf")), qPrintable(window.errorText()));
  }

  void aModelOfOllamaOpensByItsName() {
    QTemporaryDir home;
    const QByteArray digest(64, 'b');
    QVERIFY(QDir().mkpath(home.filePath(QStringLiteral("manifests/registry.ollama.ai/library/tiny"))));
    QVERIFY(QDir().mkpath(home.filePath(QStringLiteral("blobs"))));
    QVERIFY(QFile::copy(QString::fromStdString(builtInModelPath("demo").string()),
                        home.filePath(QStringLiteral("blobs/sha256-") + QString::fromLatin1(digest))));
    QFile manifest(home.filePath(QStringLiteral("manifests/registry.ollama.ai/library/tiny/1b")));
    QVERIFY(manifest.open(QIODevice::WriteOnly));
    manifest.write(
        R"({"schemaVersion":2,"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" + digest +
        R"("}]})");
    manifest.close();
    qputenv("OLLAMA_MODELS", QFile::encodeName(home.path()));
    MainWindow window;
    window.show();
    window.openModel(QStringLiteral("ollama:tiny:1b"));
    QTRY_VERIFY(window.selection().model());
    QVERIFY(window.windowTitle().contains(QStringLiteral("Quantscope")));
    QCOMPARE(window.selection().model()->source(), std::string("ollama:tiny:1b"));
    qunsetenv("OLLAMA_MODELS");
  }

  void theKeyboardBringsThePanelIntoANarrowWindow() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.showWorkspace(QStringLiteral("bits"));
    window.resize(1024, 640);
    auto* list = window.findChild<QListView*>(QStringLiteral("scheme-list"));
    QVERIFY(!list->isVisible());
    QTest::keyClick(&window, Qt::Key_F9);
    QVERIFY(list->isVisible());
    QTest::keyClick(&window, Qt::Key_F9);
    QVERIFY(!list->isVisible());
  }

  void theWindowStaysResponsive() {
    QElapsedTimer clock;
    clock.start();
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    qInfo("window built and shown after %lld ms", clock.elapsed());
    // Time the GUI thread itself worked between two turns of its event loop: what other programs take does not count.
    qint64 last = threadNanoseconds(), longest = 0;
    QTimer heart;
    connect(&heart, &QTimer::timeout, this, [&] {
      const qint64 now = threadNanoseconds();
      longest = std::max(longest, now - std::exchange(last, now));
    });
    heart.start(0);
    const auto report = [&](const char* what, const char* where) {
      qInfo("most work of the GUI thread at a time %s %s: %.1f ms", what, where, static_cast<double>(longest) / 1e6);
      QVERIFY2(longest < 1'000'000'000, where);  // the figures are printed; a slow test machine gets this much slack
      longest = 0;
    };
    QTRY_VERIFY(window.findChildren<Workspace*>().size() == static_cast<qsizetype>(workspaceEntries().size()));
    QTest::qWait(100);
    report("while", "the workspaces were built ahead");
    QVERIFY(openDemo(window));
    report("while", "the demo model opened");
    for (const WorkspaceEntry& entry : workspaceEntries()) {
      window.showWorkspace(QLatin1String(entry.id));
      QTest::qWait(400);
      report("after a first look at", entry.id);
      window.selection().setTensor((window.selection().tensor().value_or(0) + 3) %
                                   window.selection().model()->checkpoint().tensors().size());
      QTest::qWait(400);
      report("after another tensor in", entry.id);
    }
  }

  void everyWorkspaceShowsInBothThemesAndTheSmallestWindow() {
    MainWindow window;
    window.show();
    QVERIFY(openDemo(window));
    for (const ThemeMode mode : {ThemeMode::Dark, ThemeMode::Light}) {
      Theme::instance().setMode(mode);
      for (const WorkspaceEntry& entry : workspaceEntries()) {
        window.showWorkspace(QLatin1String(entry.id));
        QVERIFY(window.currentWorkspace());
        QVERIFY2(!window.currentWorkspace()->helpText().isEmpty(), entry.id);
        window.resize(1024, 640);
        QVERIFY2(window.width() <= 1024 && window.height() <= 640, qPrintable(QStringLiteral("%1 wants %2 × %3")
                                                                                  .arg(QLatin1String(entry.id))
                                                                                  .arg(window.width())
                                                                                  .arg(window.height())));
        QVERIFY(!window.grab().isNull());
      }
    }
    QVERIFY2(window.errorText().isEmpty(), qPrintable(window.errorText()));
  }
};

QTEST_MAIN(TestShell)
#include "tst_shell.moc"
