// Branches from any alternative token, and what is shown over the tokens: KL, surprise, entropy.
#include <QClipboard>
#include <QGuiApplication>
#include <QToolButton>
#include <cmath>

#include "app/workspaces/chat/sampling_panel.h"
#include "app/workspaces/chat/token_readout.h"
#include "app/workspaces/chat/token_strip.h"
#include "chat_hands.h"

using namespace app;

class TestChatBranches : public QObject {
  Q_OBJECT
 private:
  static void clickToken(ChatHands& hands, std::size_t pane, int index) {
    QTest::qWait(50);
    QTest::mouseClick(hands.text(pane), Qt::LeftButton, {}, hands.text(pane)->centerOf(index));
  }
  static QString branchLine(const AnswerView* view) {
    const auto* label = view->findChild<QLabel*>(QStringLiteral("answer-branch"));
    return label->isVisible() ? label->text() : QString();
  }

 private Q_SLOTS:
  void aClickOnAnAlternativeBranchesEveryPaneThere() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    const auto first = hands.answer(0).ids(), second = hands.answer(1).ids();
    const int oldReference = hands.answer(0).id, oldCompared = hands.answer(1).id;
    clickToken(hands, 0, 3);
    auto* readout = shown.find<TokenReadout>();
    const auto alternative = readout->reading()->reference.top[1].token;
    QVERIFY(alternative != first[3]);
    QTest::mouseClick(readout, Qt::LeftButton, {}, *readout->centerOf(false, 1));
    QVERIFY(hands.isDone());
    for (const std::size_t pane : {0U, 1U}) {
      const auto ids = hands.answer(pane).ids();
      QVERIFY(ids.size() > 4);
      QVERIFY(std::equal(first.begin(), first.begin() + 3, ids.begin()));
      QCOMPARE(ids[3], alternative);
      QCOMPARE(hands.pane(pane).answers().size(), std::size_t{2});  // beside the old one
      QVERIFY(hands.answer(pane).branch.has_value());
      QCOMPARE(hands.answer(pane).branch->answer, oldReference);
      const QString line = branchLine(hands.pane(pane).newest());
      QVERIFY2(line.startsWith(QStringLiteral("branched at token 4: “")), qPrintable(line));
      QVERIFY(branchLine(hands.pane(pane).answers()[0]).isEmpty());
      QVERIFY(hands.answer(pane).tokens[3].probability > 0);
    }
    QVERIFY(hands.answer(0).ids() != first);
    // What is copied says where it left which answer.
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("copy-transcript")), Qt::LeftButton);
    const QString note =
        branchLine(hands.pane(0).newest()) + QStringLiteral(" in an answer of ") + hands.answer(0).source.title;
    QCOMPARE(QGuiApplication::clipboard()->text().count(note), 2);
    // Both read the same beginning, so all of it is compared.
    const AnswerPair pair(&hands.answer(0), &hands.answer(1));
    QVERIFY(pair.isCompared());
    for (std::size_t i = 0; i < pair.length(); ++i) QVERIFY(pair.kl(i).has_value());
    QVERIFY(!pair.parting() || *pair.parting() > 3);
    // What either model thought of the words up to there is what it thought before.
    const AnswerPair old(hands.conversation().find(oldReference), hands.conversation().find(oldCompared));
    for (std::size_t i = 0; i < 3; ++i) QVERIFY(std::abs(*pair.kl(i) - *old.kl(i)) < 0.02 * *old.kl(i) + 1e-4);

    // A click into the old answer brings its pair back, and the button makes it the one that goes on.
    QTest::qWait(50);
    auto* oldView = hands.pane(1).view(oldCompared);
    QTest::mouseClick(oldView->text(), Qt::LeftButton, {}, oldView->text()->centerOf(1));
    QCOMPARE(shown.find<TokenStrip>()->count(), first.size());
    QTest::mouseClick(oldView->findChild<QPushButton*>(QStringLiteral("answer-back")), Qt::LeftButton);
    QVERIFY(hands.isDone());
    QCOMPARE(hands.answer(0).id, oldReference);
    QCOMPARE(hands.answer(1).id, oldCompared);
    QVERIFY(hands.answer(1).ids() == second);
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    QCOMPARE(hands.answer(0).source.messages[1].content, hands.conversation().find(oldReference)->text().toStdString());
  }

  void theKeyboardBranchesToo() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    clickToken(hands, 1, 2);
    auto* readout = shown.find<TokenReadout>();
    readout->setFocus();
    QTest::keyClick(readout, Qt::Key_Return);  // no alternative is chosen yet
    QVERIFY(!hands.workspace().dialogue().isAnswering());
    for (int i = 0; i < 7; ++i) QTest::keyClick(readout, Qt::Key_Down);
    QVERIFY(readout->accessibleDescription().contains(QStringLiteral("Enter goes on there")));
    const auto wanted = readout->reading()->compared.top[1].token;  // the seventh: the second of the right list
    const auto before = hands.answer(1).ids();
    QTest::keyClick(readout, Qt::Key_Return);
    QVERIFY(hands.isDone());
    for (const std::size_t pane : {0U, 1U}) {
      QCOMPARE(hands.answer(pane).ids()[2], wanted);
      QVERIFY(std::equal(before.begin(), before.begin() + 2, hands.answer(pane).ids().begin()));
    }
    // Regenerating stays on the branch, in place of its answer.
    const int id = hands.answer(1).id;
    const auto ids = hands.answer(1).ids();
    QTest::mouseClick(shown.find<QToolButton>(QStringLiteral("regenerate")), Qt::LeftButton);
    QVERIFY(hands.isDone());
    QVERIFY(hands.answer(1).id != id);
    QVERIFY(hands.answer(1).ids() == ids);
    QCOMPARE(hands.pane(1).answers().size(), std::size_t{2});
    QVERIFY(hands.answer(1).branch.has_value());
  }

  void branchesAreRememberedAndOnlyTheLastQuestionHasThem() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    std::vector<core::text::TokenId> ids;
    {
      ChatHands hands(shown);
      QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
      clickToken(hands, 0, 2);
      auto* readout = shown.find<TokenReadout>();
      QTest::mouseClick(readout, Qt::LeftButton, {}, *readout->centerOf(false, 1));
      QVERIFY(hands.isDone());
      ids = hands.answer(0).ids();
    }
    shown.restart(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(QTest::qWaitFor([&] { return !hands.conversation().isEmpty(); }));
    QVERIFY(hands.answer(0).ids() == ids);
    QVERIFY(hands.answer(0).branch && hands.answer(0).branch->index == 2);
    QCOMPARE(hands.answer(0).source.options.beginning.size(), std::size_t{3});
    QVERIFY(!branchLine(hands.pane(0).newest()).isEmpty());
    QVERIFY(hands.ask(QStringLiteral("What is 20 + 30?")));
    const auto* earlier = hands.conversation().newest(0, 0);
    auto* view = hands.pane(0).view(earlier->id)->text();
    hands.pane(0).reveal(earlier->id, 1);
    QTest::qWait(50);
    QTest::mouseClick(view, Qt::LeftButton, {}, view->centerOf(1));
    auto* readout = shown.find<TokenReadout>();
    QCOMPARE(readout->reading()->count, ids.size());
    QTest::mouseClick(readout, Qt::LeftButton, {}, *readout->centerOf(false, 1));
    QVERIFY(!hands.workspace().dialogue().isAnswering());
    QCOMPARE(hands.conversation().turns().size(), std::size_t{2});
  }

  void surpriseAndEntropyStandOverEveryToken() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    ChatHands hands(shown);
    QVERIFY(shown.waitUntilIdle());
    shown.selection().addOwn(core::quant::Scheme::parse("int2"));
    QVERIFY(shown.waitUntilIdle());
    QVERIFY(hands.choose(1, QStringLiteral("int2")));
    QVERIFY(hands.isDone());
    QVERIFY(hands.ask(QStringLiteral("What is NF4?")));
    auto* strip = shown.find<TokenStrip>();
    auto* figure = shown.find<QComboBox>(QStringLiteral("strip-figure"));
    figure->setFocus();
    QTest::keyClick(figure, Qt::Key_Down);
    QCOMPARE(strip->content().figure, TokenFigure::Surprise);

    // The same made directly: both models score the reference's words.
    OpenModel& model = *shown.selection().model();
    Engine engine;
    const auto session = engine.createSession(
        model, {.recipe = core::quant::Scheme::parse("int2"), .device = DeviceChoice::parse("cpu")});
    std::vector<core::text::TokenId> tokens = hands.answer(0).prompt;
    const std::size_t first = tokens.size() - 1;
    const auto words = hands.answer(0).ids();
    tokens.insert(tokens.end(), words.begin(), words.end());
    const auto logits = session->score(tokens, first);
    const std::size_t vocabulary = logits.size() / (tokens.size() - first);
    const auto near = [](double value, double wanted) { return std::abs(value - wanted) < 0.02 * wanted + 2e-3; };
    for (const TokenFigure shownFigure : {TokenFigure::Surprise, TokenFigure::Entropy}) {
      QCOMPARE(strip->content().figure, shownFigure);
      QCOMPARE(strip->count(), words.size());
      for (std::size_t i = 0; i < words.size(); ++i) {
        const auto row = std::span(logits).subspan(i * vocabulary, vocabulary);
        double wanted = 0;
        for (std::size_t v = 0; v < vocabulary; ++v) {
          const double p = static_cast<double>(core::model::probabilityOf(row, static_cast<core::text::TokenId>(v)));
          if (shownFigure == TokenFigure::Entropy && p > 0) wanted -= p * std::log(p);
        }
        if (shownFigure == TokenFigure::Surprise)
          wanted = -std::log(static_cast<double>(core::model::probabilityOf(row, words[i])));
        QVERIFY2(near(strip->value(i), wanted),
                 qPrintable(QStringLiteral("token %1: %2, not %3").arg(i).arg(strip->value(i)).arg(wanted)));
        QVERIFY(strip->content().reference[i].has_value());
      }
      QTest::keyClick(figure, Qt::Key_Down);
    }
    const AnswerPair pair(&hands.answer(0), &hands.answer(1));
    QCOMPARE(*pair.figure(TokenFigure::Surprise, 0).reference,
             -std::log(static_cast<double>(hands.answer(0).tokens[0].probability)));
    clickToken(hands, 0, 1);
    const auto reading = *shown.find<TokenReadout>()->reading();
    QVERIFY(reading.reference.entropy && reading.compared.entropy && reading.compared.surprise);
    QVERIFY(shown.find<TokenReadout>()->text().contains(QStringLiteral("; entropy ")));
  }

  void presetsOfSamplingAreNamedAndLeft() {
    WorkspaceWindow shown(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QTest::mouseClick(shown.find<QPushButton>(QStringLiteral("settings")), Qt::LeftButton);
    auto* sampling = shown.find<SamplingPanel>();
    auto* preset = shown.find<QComboBox>(QStringLiteral("sampling-preset"));
    QCOMPARE(preset->currentText(), QStringLiteral("Greedy"));
    preset->setFocus();
    QTest::keyClick(preset, Qt::Key_Down);  // the demo model's file says nothing: that one is passed over
    QCOMPARE(sampling->preset(), SamplingPreset::Demonstration);
    const auto options = sampling->options();
    QCOMPARE(options.sampling.temperature, 0.7F);
    QCOMPARE(options.sampling.topP, 0.9F);
    QCOMPARE(options.sampling.repetitionPenalty, 1.1F);
    QCOMPARE(options.maxTokens, 128U);
    QCOMPARE(options.sampling.topK, 0U);
    QCOMPARE(options.sampling.minP, 0.0F);
    for (auto* box : sampling->findChildren<QDoubleSpinBox*>()) {
      if (box->accessibleName() != QStringLiteral("Temperature")) continue;
      box->setFocus();
      box->selectAll();
      QTest::keyClicks(box, QLocale().toString(0.8));
      QTest::keyClick(box, Qt::Key_Return);
    }
    QCOMPARE(preset->currentText(), QStringLiteral("Own"));
    QCOMPARE(sampling->options().sampling.temperature, 0.8F);
    preset->setFocus();
    QTest::keyClick(preset, Qt::Key_Home);
    QCOMPARE(sampling->options().sampling.temperature, 0.0F);
    QTest::keyClick(preset, Qt::Key_End);  // what was set by hand comes back
    QCOMPARE(sampling->options().sampling.temperature, 0.8F);
    QCOMPARE(sampling->options().sampling.repetitionPenalty, 1.1F);
    shown.restart(QStringLiteral("chat"));
    QVERIFY(shown.waitUntilIdle());
    QCOMPARE(shown.find<QComboBox>(QStringLiteral("sampling-preset"))->currentText(), QStringLiteral("Own"));
  }
};

QTEST_MAIN(TestChatBranches)
#include "tst_chat_branches.moc"
