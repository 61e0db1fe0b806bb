// Panes that answer at once are written together: every one as if alone, on one executor where weights and device are
// the same, and it is said that their tokens were computed together.
#include <QtTest>

#include "app/workspaces/chat/chat_engine.h"

using namespace app;

class TestChatTogether : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void panesAreWrittenTogether() {
    ChatSetup setup;
    setup.model = OpenModel::open("demo");
    for (const char* variant : {"stored@cpu", "stored@cpu@kv=int8", "nf4@cpu", "stored@cpu"})
      setup.panes.push_back(Variant::parse(variant));
    setup.servers.resize(setup.panes.size());
    setup.contextLength = 64;
    std::vector<PanePrompt> prompts;
    for (std::size_t pane = 0; pane < setup.panes.size(); ++pane) {
      Message message;
      message.content = "What is NF4?";
      prompts.push_back({.pane = pane, .mode = PromptMode::Completion, .messages = {message}, .templateValues = {}});
    }
    core::model::GenerationOptions options;
    options.sampling.temperature = 0.7F;
    options.sampling.seed = 3;
    options.maxTokens = 12;
    // Nobody ends with the first token.
    options.beginning = setup.model->tokenizer()->encode("It is a number format", core::text::SpecialTokens::AsText);

    ChatEngine engine;
    TokenFeed feed;
    engine.answer(setup, prompts, options, feed, core::JobContext());
    const auto ends = feed.takeEnd();
    QVERIFY(ends.has_value());
    QCOMPARE(ends->size(), setup.panes.size());
    const auto written = feed.take();
    for (std::size_t pane = 0; pane < setup.panes.size(); ++pane) {
      const PaneAnswer& end = (*ends)[pane];
      QVERIFY2(!end.failure, end.failure ? end.failure->sentence.c_str() : "");
      Engine alone;
      const auto session = alone.createSession(*setup.model, setup.panes[pane], setup.contextLength);
      const auto expected = session->complete(end.prompt, options, {});
      QVERIFY(expected.tokens.size() > 2);
      QVERIFY(end.result.tokens == expected.tokens);
      QCOMPARE(end.result.text, expected.text);
      QCOMPARE(end.result.besides, pane == 2 ? 0U : 2U);  // other weights on the CPU have a time of their own
      QCOMPARE(expected.besides, 0U);
      std::size_t streamed = 0;
      for (const StreamedToken& token : written) streamed += token.pane == pane ? 1 : 0;
      QCOMPARE(streamed, expected.tokens.size());
    }
    // The last pane's answer was compared with the first one's, whose very words it has.
    for (const StreamedToken& token : written)
      if (token.pane == 3) QVERIFY(token.forced && token.forced->kl == 0);

    // One alone again: nothing is said to be together.
    engine.answer(setup, {prompts[1]}, options, feed, core::JobContext());
    const auto one = feed.takeEnd();
    QVERIFY(one && one->size() == 1);
    QCOMPARE(one->front().result.besides, 0U);
    QVERIFY(one->front().result.tokens == (*ends)[1].result.tokens);
  }
};

QTEST_GUILESS_MAIN(TestChatTogether)
#include "tst_chat_together.moc"
