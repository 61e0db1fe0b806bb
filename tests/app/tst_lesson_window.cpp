// Lessons in the window, driven with mouse and keyboard: the panel beside the workspaces, predictions of every kind,
// teacher mode, links, what is kept, the glossary under the pointer.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGroupBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTabWidget>
#include <QTableWidget>
#include <QTest>
#include <QTextBrowser>
#include <QToolButton>
#include <QToolTip>

#include "app/lesson_view/bit_cells.h"
#include "app/lesson_view/choice_button.h"
#include "app/lesson_view/glossary_tips.h"
#include "app/lesson_view/lesson_board.h"
#include "app/lesson_view/lesson_panel.h"
#include "app/lesson_view/lesson_text.h"
#include "app/lesson_view/lesson_tile.h"
#include "app/lesson_view/point_chart.h"
#include "app/lesson_view/step_trail.h"
#include "app/lessons/glossary.h"
#include "app/lessons/lesson_player.h"
#include "app/shell/palette_model.h"

#include "workspace_window.h"

using namespace app;

class TestLessonWindow : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<WorkspaceWindow> m_window;

  LessonPlayer& player() { return m_window->window().lessons(); }
  LessonPanel* panel() { return m_window->find<LessonPanel>(); }
  QString textOf(const char* name) { return m_window->find<LessonText>(QLatin1String(name))->text(); }
  bool isShown(const char* name) { return m_window->find<QWidget>(QLatin1String(name))->isVisible(); }
  void click(const char* name) { QTest::mouseClick(m_window->find<QPushButton>(QLatin1String(name)), Qt::LeftButton); }
  /// To whatever has the keyboard.
  static void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
    QWidget* focused = QApplication::focusWidget();
    QVERIFY(focused != nullptr);
    QTest::keyClick(focused, key, modifiers);
  }
  static QString focusName() {
    const QWidget* focused = QApplication::focusWidget();
    return focused == nullptr ? QString() : focused->objectName();
  }
  bool hasKeyboard() { return panel()->isAncestorOf(QApplication::focusWidget()); }
  /// The step is in front and computed.
  bool go(const QString& lesson, const QString& step) {
    m_window->window().openLink(QStringLiteral("quantscope://learn/%1/%2").arg(lesson, step));
    return player().step() != nullptr && player().step()->id == step &&
           QTest::qWaitFor([this] { return player().results() != nullptr; }, 30000);
  }

 private Q_SLOTS:
  void init() { m_window = std::make_unique<WorkspaceWindow>(QStringLiteral("learn")); }
  void cleanup() { m_window.reset(); }

  void aLessonIsTakenWithMouseAndKeyboard() {
    QVERIFY(!panel()->isVisible());
    QTest::mouseClick(m_window->find<LessonTile>(QStringLiteral("lesson-anatomy")), Qt::LeftButton);
    QTRY_VERIFY(panel()->isVisible());
    QCOMPARE(m_window->selection().workspace(), QStringLiteral("bits"));  // its stage
    QTRY_VERIFY(player().results() != nullptr);
    auto* field = m_window->find<QLineEdit>(QStringLiteral("lesson-number"));
    QVERIFY(!m_window->find<QPushButton>(QStringLiteral("lesson-check"))->isEnabled());
    QTest::keyClicks(field, QStringLiteral("24"));
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_VERIFY(isShown("lesson-verdict"));
    QCOMPARE(textOf("verdict-truth"), QStringLiteral("It is 23"));
    QVERIFY(textOf("verdict-tempting").contains(QStringLiteral("never stored")));
    QVERIFY(!isShown("lesson-check"));
    click("lesson-next");
    QTRY_VERIFY(player().results() != nullptr);
    QVERIFY(!isShown("lesson-verdict"));
    auto* cells = m_window->find<BitCells>(QStringLiteral("lesson-bits"));
    QTest::mouseClick(cells, Qt::LeftButton, {}, cells->cellRect(31).center().toPoint());
    QCOMPARE(cells->code(), std::uint64_t{0xbf800000});
    QTest::keyClick(cells, Qt::Key_Return);
    QTRY_VERIFY(isShown("lesson-verdict"));
    QVERIFY(player().judgement().isRight);
    press(Qt::Key_PageUp);
    QCOMPARE(player().index(), 0);
    QTRY_VERIFY(isShown("lesson-verdict"));  // as it was left
    QCOMPARE(m_window->find<QLineEdit>(QStringLiteral("lesson-number"))->text(), QStringLiteral("24"));
    click("lesson-again");
    QVERIFY(!isShown("lesson-verdict"));
    QVERIFY(m_window->find<QLineEdit>(QStringLiteral("lesson-number"))->text().isEmpty());
  }

  // A whole lesson by keyboard alone: from its tile through every kind of question to the end.
  void aLessonIsTakenByKeyboardAlone() {
    m_window->find<LessonTile>(QStringLiteral("lesson-int8"))->setFocus();
    press(Qt::Key_Return);
    for (const QString& answer : {QStringLiteral("1/127"), QStringLiteral("58")}) {
      QTRY_COMPARE(focusName(), QStringLiteral("lesson-number"));  // where the answer is given
      QTest::keyClicks(QApplication::focusWidget(), answer);
      press(Qt::Key_Return);
      QTRY_COMPARE(focusName(), QStringLiteral("lesson-next"));
      QVERIFY(player().judgement().isRight);
      press(Qt::Key_Return);
    }
    QTRY_COMPARE(focusName(), QStringLiteral("lesson-number"));
    for (int i = 0; i < 2; ++i) {  // unanswered, on to the slider
      press(Qt::Key_PageDown);
      QTRY_VERIFY(player().results() != nullptr);
    }
    QTRY_COMPARE(focusName(), QStringLiteral("lesson-slider"));
    auto* slider = m_window->find<QSlider>(QStringLiteral("lesson-slider"));
    const int before = slider->value();
    press(Qt::Key_Left);
    QCOMPARE(slider->value(), before - 1);
    press(Qt::Key_Left, Qt::ShiftModifier);
    QCOMPARE(slider->value(), before - 1 - slider->pageStep());
    press(Qt::Key_PageDown);  // the lesson's, not the slider's
    QTRY_COMPARE(player().step()->id, QStringLiteral("edge"));
    QTRY_COMPARE(focusName(), QStringLiteral("lesson-slider"));
    press(Qt::Key_PageUp);
    QTRY_COMPARE(player().step()->id, QStringLiteral("which-maxima"));
    QTRY_COMPARE(focusName(), QStringLiteral("lesson-slider"));
    press(Qt::Key_Return);
    QTRY_VERIFY(player().isRevealed());
    for (int i = 0; i < 9; ++i) press(Qt::Key_PageDown);  // stays at the last
    QVERIFY(player().isLast());
    QTRY_COMPARE(focusName(), QStringLiteral("lesson-number"));
  }

  void theKeyboardGoesToTheWorkspaceAndBack() {
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("code")));
    QTRY_COMPARE(focusName(), QStringLiteral("lesson-number"));
    press(Qt::Key_F6);
    QVERIFY(m_window->window().currentWorkspace()->isAncestorOf(QApplication::focusWidget()));
    press(Qt::Key_F6);
    QCOMPARE(focusName(), QStringLiteral("lesson-number"));
    player().leave();  // then the key means nothing
    const QWidget* before = QApplication::focusWidget();
    if (before != nullptr) press(Qt::Key_F6);
    QCOMPARE(QApplication::focusWidget(), before);
  }

  void tabGoesThroughThePanelAsOneReadsIt() {
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("which-maxima")));
    m_window->find<QToolButton>(QStringLiteral("lesson-overview"))->setFocus();
    QStringList order;
    for (int i = 0; i < 10; ++i) {
      order << focusName();
      QWidget* focused = QApplication::focusWidget();
      QVERIFY2(!focused->accessibleName().isEmpty() || !focused->property("text").toString().isEmpty(),
               qPrintable(focusName()));
      press(Qt::Key_Tab);
    }
    QCOMPARE(order.mid(0, 10).join(u' '),
             QStringLiteral("lesson-overview lesson-menu lesson-close lesson-trail lesson-slider lesson-slider-value "
                            "lesson-check lesson-show lesson-back lesson-next"));
    QVERIFY(go(QStringLiteral("rounding"), QStringLiteral("tenth")));
    m_window->find<StepTrail>()->setFocus();
    press(Qt::Key_Tab);
    QCOMPARE(focusName(), QStringLiteral("choice-exact"));
  }

  void theMarksOfTheStepsAreReachedByKeyboard() {
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("code")));
    auto* trail = m_window->find<StepTrail>();
    trail->setFocus(Qt::TabFocusReason);
    QCOMPARE(trail->focusedPart(), 1);
    const QImage before = trail->grab().toImage();
    press(Qt::Key_Right);
    QCOMPARE(trail->focusedPart(), 2);
    QVERIFY(trail->grab().toImage() != before);  // one sees where the keyboard is
    press(Qt::Key_Home);
    press(Qt::Key_Left);
    QCOMPARE(trail->focusedPart(), 0);
    press(Qt::Key_End);
    QCOMPARE(trail->focusedPart(), trail->partCount() - 1);
    QCOMPARE(player().step()->id, QStringLiteral("code"));  // nothing moves before Enter
    QCOMPARE(trail->part(1).name, QStringLiteral("2. The code"));
    QVERIFY(trail->part(1).selected && trail->part(1).description == QStringLiteral("not answered yet"));
    press(Qt::Key_Return);
    QTRY_VERIFY(player().isLast() && player().results() != nullptr);
    QTRY_COMPARE(focusName(), QStringLiteral("lesson-number"));
  }

  void allLessonsAreInReachAndTheStepWaits() {
    for (const auto& [lesson, step] : {std::pair{"memory", "slide"}, std::pair{"int8", "back"}}) {
      QVERIFY(go(QString::fromLatin1(lesson), QString::fromLatin1(step)));
      const QString place = m_window->selection().workspace();
      QTest::mouseClick(m_window->find<QToolButton>(QStringLiteral("lesson-overview")), Qt::LeftButton);
      QCOMPARE(m_window->selection().workspace(), QStringLiteral("learn"));
      auto* tile = m_window->find<LessonTile>(QStringLiteral("lesson-") + QString::fromLatin1(lesson));
      QVERIFY(tile->isVisible() && panel()->isVisible());
      QVERIFY(tile->accessibleDescription().contains(QStringLiteral("You are here")));
      QCOMPARE(m_window->window().currentWorkspace()->link().toString(),
               QStringLiteral("quantscope://learn?show=lessons"));
      auto* back = m_window->find<QPushButton>(QStringLiteral("learn-resume"));
      QVERIFY(back->text().startsWith(QStringLiteral("Back to lesson")));
      QTest::mouseClick(back, Qt::LeftButton);
      QCOMPARE(player().step()->id, QString::fromLatin1(step));
      QCOMPARE(m_window->selection().workspace(), place);
      QTest::mouseClick(m_window->find<QToolButton>(QStringLiteral("lesson-overview")), Qt::LeftButton);
      QTest::mouseClick(tile, Qt::LeftButton);  // its own tile leads back, too
      QCOMPARE(player().step()->id, QString::fromLatin1(step));
      QVERIFY(!tile->isVisible());
    }
  }

  void bitsAreClickedWithKeys() {
    QVERIFY(go(QStringLiteral("anatomy"), QStringLiteral("doubling")));
    auto* cells = m_window->find<BitCells>(QStringLiteral("lesson-bits"));
    for (int bit = 31; bit > 30; --bit) QTest::keyClick(cells, Qt::Key_Right);
    for (int bit = 30; bit >= 23; --bit) {
      QTest::keyClick(cells, Qt::Key_Space);
      QTest::keyClick(cells, Qt::Key_Right);
    }
    QCOMPARE(cells->code(), std::uint64_t{0x40000000});
    QTest::keyClick(cells, Qt::Key_Return);
    QTRY_VERIFY(player().isRevealed() && player().judgement().isRight);
    QTest::keyClick(cells, Qt::Key_Space);  // it takes no more
    QCOMPARE(cells->code(), std::uint64_t{0x40000000});
  }

  void aChoiceIsMadeWithItsNumber() {
    QVERIFY(go(QStringLiteral("rounding"), QStringLiteral("tenth")));
    const auto choice = [&] { return m_window->find<ChoiceButton>(QStringLiteral("choice-exact")); };
    const int usual = choice()->sizeHint().height();
    player().setTeacherMode(true);
    QTRY_VERIFY(choice() != nullptr && choice()->sizeHint().height() > usual);  // as large as its question
    player().setTeacherMode(false);
    QTRY_VERIFY(choice() != nullptr && choice()->sizeHint().height() == usual);
    auto* exact = choice();
    QTest::keyClick(exact, Qt::Key_1);
    QTest::keyClick(exact, Qt::Key_Return);
    QTRY_VERIFY(player().isRevealed());
    QVERIFY(!player().judgement().isRight);
    QCOMPARE(exact->mark(), ChoiceButton::Mark::Wrong);
    QCOMPARE(m_window->find<ChoiceButton>(QStringLiteral("choice-above"))->mark(), ChoiceButton::Mark::Right);
    QVERIFY(textOf("verdict-why").contains(QStringLiteral("0.1000000000000000055511151231257827")));
  }

  void aSliderSaysWhatItWouldComeTo() {
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("which-maxima")));
    auto* slider = m_window->find<QSlider>(QStringLiteral("lesson-slider"));
    auto* value = m_window->find<QLineEdit>(QStringLiteral("lesson-slider-value"));
    value->setText(QStringLiteral("0.98"));
    QTest::keyClick(value, Qt::Key_Return);
    QTRY_VERIFY(player().isRevealed());
    QVERIFY(!player().judgement().isRight);
    QCOMPARE(player().judgement().tempting->id, QStringLiteral("small"));
    click("lesson-again");
    slider = m_window->find<QSlider>(QStringLiteral("lesson-slider"));
    slider->setFocus();
    slider->setValue(501);  // 1.0001
    QTRY_VERIFY(m_window->find<LessonText>(QStringLiteral("slider-reading"))->text().contains(QStringLiteral("0.457")));
    click("lesson-check");
    QTRY_VERIFY(player().isRevealed() && player().judgement().isRight);
    QVERIFY(textOf("verdict-why").contains(QStringLiteral("0.9996")));
  }

  /// The block beside the slider is the one of what it stands at; moving it is one step of undo there.
  void theStageFollowsTheSlider() {
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("which-maxima")));
    const auto values = [this] {
      return m_window->window().currentWorkspace()->link().value(QStringLiteral("values"));
    };
    QCOMPARE(values(), QStringLiteral("0.45892,1.03"));
    auto* slider = m_window->find<QSlider>(QStringLiteral("lesson-slider"));
    slider->setFocus();
    for (int i = 0; i < 3; ++i) QTest::keyClick(slider, Qt::Key_Left);
    QCOMPARE(values(), QStringLiteral("0.45892,1.0297"));
    QVERIFY(slider->hasFocus());
    slider->setValue(501);
    QCOMPARE(values(), QStringLiteral("0.45892,1.0001"));
    QTest::keySequence(m_window->window().currentWorkspace(), QKeySequence::Undo);
    QVERIFY2(values() != QStringLiteral("0.45892,1.0297"), qPrintable(values()));
    slider->setValue(500);
    // What the answer leads to stays.
    click("lesson-check");
    QTRY_VERIFY(player().isRevealed());
    QCOMPARE(values(), QStringLiteral("0.45892,1"));
    slider->setValue(480);  // and can be tried on
    QCOMPARE(values(), QStringLiteral("0.45892,0.998"));
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("edge")));
    QCOMPARE(values(), QStringLiteral("0.45892,1"));
  }

  void aPlaceIsClickedOnAChart() {
    QVERIFY(go(QStringLiteral("outliers"), QStringLiteral("clip")));
    auto* chart = m_window->find<PointChart>();
    QVERIFY(chart != nullptr && !chart->guess());
    chart->replot();  // with its last place in the panel
    const int y = chart->axisRect()->center().y();
    QTest::mouseClick(chart, Qt::LeftButton, {}, {qRound(chart->xAxis->coordToPixel(99)), y});
    QVERIFY(chart->guess() && std::abs(*chart->guess() - 99) < 1);
    QVERIFY(chart->table().rows.empty());  // no curve yet
    QTest::keyClick(chart, Qt::Key_Return);
    QTRY_VERIFY(player().isRevealed());
    QCOMPARE(player().judgement().tempting->id, QStringLiteral("keep"));
    QVERIFY(!chart->table().rows.empty());
  }

  // Lesson 9 with keys alone: each of its stages opens, and each place that an answer leads to.
  void activationsAreTakenByKeyboardAlone() {
    const auto isAt = [this](const std::optional<Link>& place) {
      if (!place) return true;
      const QString tab = m_window->window().currentWorkspace()->link().value(QStringLiteral("show"));
      return m_window->window().errorText().isEmpty() && m_window->selection().workspace() == place->workspace &&
             tab == place->value(QStringLiteral("show")).remove(QStringLiteral("steps"));
    };
    QVERIFY(go(QStringLiteral("activations"), QStringLiteral("half")));
    for (const LessonStep& step : player().lesson()->steps) {
      QTRY_COMPARE(player().step()->id, step.id);
      QTRY_VERIFY_WITH_TIMEOUT(player().results() != nullptr, 30000);
      QVERIFY2(isAt(step.stage), qPrintable(step.id + m_window->window().errorText()));
      QTRY_VERIFY2(hasKeyboard(), qPrintable(step.id));
      const bool isChoice = std::holds_alternative<ChoiceQuestion>(step.asks);
      const bool isNumber = std::holds_alternative<NumberQuestion>(step.asks);
      press(isChoice ? Qt::Key_1 : isNumber ? Qt::Key_2 : Qt::Key_Right);  // a slider, a place on a chart
      press(Qt::Key_Return);
      QTRY_VERIFY2(player().isAnswered() && player().isRevealed(), qPrintable(step.id));
      QVERIFY2(isAt(step.reveal), qPrintable(step.id + m_window->window().errorText()));
      QVERIFY(m_window->waitUntilIdle());
      QVERIFY2(m_window->window().errorText().isEmpty(), qPrintable(step.id + m_window->window().errorText()));
      QTRY_COMPARE(focusName(), QStringLiteral("lesson-next"));
      press(Qt::Key_Return);
    }
  }

  void aStageWithATensorOpensTheDemo() {
    m_window = std::make_unique<WorkspaceWindow>(QStringLiteral("learn"), QString());
    QVERIFY(go(QStringLiteral("activations"), QStringLiteral("half")));
    QTRY_COMPARE(m_window->selection().workspace(), QStringLiteral("quantize"));
    QCOMPARE(m_window->window().errorText(), QString());
    QCOMPARE(m_window->window().currentWorkspace()->link().value(QStringLiteral("tensor")),
             QStringLiteral("blk.1.ffn_down.weight"));
  }

  void rubbishIsASentence() {
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("code")));
    auto* field = m_window->find<QLineEdit>(QStringLiteral("lesson-number"));
    QTest::keyClicks(field, QStringLiteral("lots"));
    QVERIFY(!m_window->find<QPushButton>(QStringLiteral("lesson-check"))->isEnabled());
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(!player().isAnswered());
    field->setText(QStringLiteral("116/2"));
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_VERIFY(player().isRevealed() && player().judgement().isRight);
  }

  void whatWasAnsweredIsKept() {
    QVERIFY(go(QStringLiteral("anatomy"), QStringLiteral("three-fields")));
    click("lesson-show");
    QTRY_VERIFY(player().isRevealed());
    m_window->restart(QStringLiteral("learn"));
    QVERIFY(player().lesson() == nullptr && !panel()->isVisible());
    const Lesson& lesson = *player().course().find(QStringLiteral("anatomy"));
    QCOMPARE(player().progress().answered(lesson), 1);
    click("learn-resume");
    QCOMPARE(player().step()->id, QStringLiteral("sign"));
    click("lesson-back");
    QTRY_VERIFY(isShown("lesson-verdict"));
    m_window->window().showWorkspace(QStringLiteral("learn"));
    click("learn-forget");
    auto* question = m_window->find<QMessageBox>(QStringLiteral("forget-answers"));
    QTest::mouseClick(question->button(QMessageBox::Yes), Qt::LeftButton);
    QTRY_VERIFY(player().progress().isEmpty());
    QTRY_VERIFY(!isShown("lesson-verdict"));
  }

  void aTeacherRevealsInLargeType() {
    QVERIFY(go(QStringLiteral("int8"), QStringLiteral("code")));
    auto* text = m_window->find<LessonText>(QStringLiteral("lesson-text"));
    const int small = text->heightForWidth(300), narrow = panel()->width();
    m_window->window().showWorkspace(QStringLiteral("learn"));
    QTest::mouseClick(m_window->find<QCheckBox>(QStringLiteral("learn-teacher")), Qt::LeftButton, {}, {10, 10});
    QVERIFY(player().teacherMode());
    QVERIFY(text->heightForWidth(300) > small * 1.3 && panel()->width() > narrow);
    QTRY_VERIFY(player().results() != nullptr);
    auto* field = m_window->find<QLineEdit>(QStringLiteral("lesson-number"));
    QTest::keyClicks(field, QStringLiteral("58"));
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(player().isAnswered());
    QVERIFY(!isShown("lesson-verdict"));
    press(Qt::Key_PageUp);
    QTRY_VERIFY(player().results() != nullptr);
    click("lesson-show");
    QTRY_VERIFY(isShown("lesson-verdict"));
    QVERIFY(player().progress().isEmpty());
  }

  void stepsAreLinked() {
    QVERIFY(go(QStringLiteral("zero-point"), QStringLiteral("ideal")));
    auto* menu = m_window->find<QToolButton>(QStringLiteral("lesson-menu"))->menu();
    menu->actions().front()->trigger();
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("quantscope://learn/zero-point/ideal"));
    m_window->window().openLink(QStringLiteral("quantscope://learn/zero-point/no-such-step"));
    QVERIFY(m_window->window().errorText().contains(QStringLiteral("no-such-step")));
    QCOMPARE(player().step()->id, QStringLiteral("ideal"));
    m_window->window().openLink(QStringLiteral("quantscope://learn?glossary=ulp"));
    QCOMPARE(m_window->selection().workspace(), QStringLiteral("learn"));
    QVERIFY(m_window->find<QTextBrowser>(QStringLiteral("glossary-list"))
                ->toPlainText()
                .contains(QStringLiteral("last place")));
    auto* trail = m_window->find<StepTrail>();
    QTest::mouseClick(trail, Qt::LeftButton, {}, trail->stepRect(0).center());
    QCOMPARE(player().index(), 0);
    QTest::mouseClick(m_window->find<QToolButton>(QStringLiteral("lesson-close")), Qt::LeftButton);
    QVERIFY(!panel()->isVisible());
  }

  // A step whose truth takes its time says so, and the way on is open meanwhile.
  void whatIsSlowSaysSo() {
    m_window->window().openLink(QStringLiteral("quantscope://learn/breaks-first/cliff"));
    QVERIFY(player().results() == nullptr);
    QTRY_VERIFY(isShown("lesson-waiting"));
    QVERIFY(!m_window->find<QPushButton>(QStringLiteral("lesson-check"))->isEnabled());
    press(Qt::Key_PageUp);
    QCOMPARE(player().step()->id, QStringLiteral("same-bits"));
    QVERIFY(!isShown("lesson-waiting"));
    QTRY_VERIFY_WITH_TIMEOUT(player().results() != nullptr, 240000);
    QVERIFY(!isShown("lesson-waiting"));
  }

  void everyPlaceOpens() {
    for (const Lesson& lesson : player().course().lessons) {
      for (const LessonStep& step : lesson.steps) {
        for (const auto& place : {step.stageAt(1), step.reveal}) {
          if (!place) continue;
          m_window->window().openLink(*place);
          QVERIFY2(m_window->window().errorText().isEmpty(),
                   qPrintable(place->toString() + u'\n' + m_window->window().errorText()));
          QTRY_COMPARE(m_window->selection().workspace(), place->workspace);
        }
      }
    }
    QVERIFY(m_window->waitUntilIdle());
  }

  void aBoardIsDrawnWithTheAnswer() {
    QVERIFY(go(QStringLiteral("memory"), QStringLiteral("fp32")));
    auto* board = m_window->find<LessonBoard>();
    QVERIFY(board->isVisible());
    QCOMPARE(m_window->selection().workspace(), QStringLiteral("learn"));
    QVERIFY(board->accessibleDescription().contains(QStringLiteral("FP32: ?")));
    click("lesson-show");
    QTRY_VERIFY(board->accessibleDescription().contains(QStringLiteral("280")));
    m_window->window().openLink(QStringLiteral("quantscope://learn?glossary=KV"));
    m_window->window().resize(1200, 760);
    QVERIFY(!board->isVisible());  // the glossary was asked for, and stays
    m_window->window().openLink(QStringLiteral("quantscope://learn"));
    QVERIFY(board->isVisible());
    QTest::mouseClick(m_window->find<QToolButton>(QStringLiteral("lesson-close")), Qt::LeftButton);
    QVERIFY(!board->isVisible());
  }

  void lessonsAreFoundFromTheStartAndByThePalette() {
    m_window->window().showWorkspace(QStringLiteral("start"));
    QVERIFY(!panel()->isVisible());
    QAbstractButton* row = nullptr;
    for (auto* button : m_window->window().findChildren<QAbstractButton*>())
      if (button->isVisible() && button->text().contains(QStringLiteral("INT8, worked"))) row = button;
    QVERIFY(row != nullptr);
    QTest::mouseClick(row, Qt::LeftButton);
    QTRY_VERIFY(player().lesson() != nullptr && player().lesson()->id == QStringLiteral("int8"));
    QVERIFY(panel()->isVisible());
    m_window->window().openCommandPalette();
    auto* field = m_window->find<QLineEdit>(QStringLiteral("palette-field"));
    QVERIFY(field != nullptr);
    QTest::keyClicks(field, QStringLiteral("Lesson 7"));
    QTest::keyClick(field, Qt::Key_Return);
    QTRY_COMPARE(player().lesson()->number, 7);
  }

  // What is painted has no labels: the titles of a chart's axes, and the parts of a picture.
  void paintedTermsAreExplained() {
    QVERIFY(go(QStringLiteral("outliers"), QStringLiteral("clip")));
    auto* chart = m_window->find<PointChart>();
    chart->replot();
    const QPoint title(chart->axisRect()->center().x(), chart->height() - 8);
    const QString onTitle = GlossaryTips::tipFor(*chart, title);
    QVERIFY2(onTitle.contains(QStringLiteral("<b>clipping</b>")), qPrintable(onTitle));
    QVERIFY(GlossaryTips::tipFor(*chart, chart->axisRect()->center()).isEmpty());
    QVERIFY(go(QStringLiteral("anatomy"), QStringLiteral("sign")));
    auto* cells = m_window->find<BitCells>(QStringLiteral("lesson-bits"));
    const QString onCell = GlossaryTips::tipFor(*cells, cells->cellRect(31).center().toPoint());
    QVERIFY2(onCell.startsWith(QStringLiteral("<p>Bit 31")) && onCell.contains(QStringLiteral("<b>sign</b>")),
             qPrintable(onCell));
    auto* trail = m_window->find<StepTrail>();
    QVERIFY(GlossaryTips::tipFor(*trail, trail->stepRect(2).center()).contains(QStringLiteral("<b>exponent</b>")));
  }

  void termsAreExplainedUnderThePointer() {
    QLabel label(QStringLiteral("The mantissa and its ulp"));
    label.adjustSize();
    const QFontMetrics metrics(label.font());
    const int ulp = metrics.horizontalAdvance(QStringLiteral("The mantissa and its u"));
    QVERIFY(GlossaryTips::tipFor(label, {ulp, label.height() / 2}).contains(QStringLiteral("last place")));
    const int its = metrics.horizontalAdvance(QStringLiteral("The mantissa and i"));
    QVERIFY(GlossaryTips::tipFor(label, {its, label.height() / 2}).isEmpty());
    label.setToolTip(QStringLiteral("its own & more"));
    const QString both = GlossaryTips::tipFor(label, {ulp, label.height() / 2});
    QVERIFY(both.contains(QStringLiteral("its own &amp; more")) && both.contains(QStringLiteral("last place")));
    QPushButton button(QStringLiteral("Per&plexity"));
    QVERIFY(!GlossaryTips::tipFor(button, {5, 5}).isEmpty());
    QTableWidget table(1, 1);
    table.setHorizontalHeaderLabels({QStringLiteral("Perplexity")});
    table.setItem(0, 0, new QTableWidgetItem(QStringLiteral("INT4 under its absmax")));
    table.item(0, 0)->setToolTip(QStringLiteral("what the cell says"));
    table.show();
    QVERIFY(QTest::qWaitForWindowExposed(&table));
    const QString cell = GlossaryTips::tipFor(*table.viewport(), table.visualItemRect(table.item(0, 0)).center());
    QVERIFY2(cell.contains(QStringLiteral("what the cell says")) && cell.contains(QStringLiteral("magnitude")),
             qPrintable(cell));
    QVERIFY(GlossaryTips::tipFor(*table.horizontalHeader()->viewport(), {5, 5}).contains(QStringLiteral("hesitate")));
    QVERIFY(GlossaryTips::tipFor(*table.viewport(), {5, table.viewport()->height() - 2}).isEmpty());
    QGroupBox group(QStringLiteral("Zero-point"));
    QVERIFY(GlossaryTips::tipFor(group, {5, 5}).contains(QStringLiteral("<b>zero-point</b>")));
    QSlider slider;
    slider.setAccessibleName(QStringLiteral("Group size"));
    QVERIFY(GlossaryTips::tipFor(slider, {5, 5}).contains(QStringLiteral("share")));
    QLabel rich(QStringLiteral("<b>NF4</b> under its <i>absmax</i>"));
    const QString several = GlossaryTips::tipFor(rich, {5, 5});  // both, each once
    QCOMPARE(several.count(QStringLiteral("<b>NF4</b>")), 1);
    QVERIFY(several.contains(QStringLiteral("<b>absmax</b>")));
    QComboBox box;
    box.addItem(QStringLiteral("Double quantization"));
    QVERIFY(!GlossaryTips::tipFor(box, {5, 5}).isEmpty());
    // Really shown, by the one filter, over a widget that knows nothing of it.
    auto* title = new QLabel(QStringLiteral("outlier"), m_window->window().currentWorkspace());
    title->show();
    QHelpEvent help(QEvent::ToolTip, {4, title->height() / 2}, title->mapToGlobal(QPoint(4, title->height() / 2)));
    QCoreApplication::sendEvent(title, &help);
    QTRY_VERIFY(QToolTip::isVisible());
    QVERIFY(QToolTip::text().contains(QStringLiteral("stretches the scale")));
    QToolTip::hideText();
  }
};

QTEST_MAIN(TestLessonWindow)
#include "tst_lesson_window.moc"
