#include "app/workspaces/chat/seed_page.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/old_veil.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/page_head.h"
#include "app/workspaces/chat/seed_study.h"

namespace app {

namespace {

constexpr int kSeedsAtFirst = 8, kMostSeeds = 64;
constexpr double kSeedWidth = 60;

QString rateText(const AgreementRate& rate) {
  if (rate.pairs == 0) return QStringLiteral("—");
  return QStringLiteral("%1  [%2, %3]")
      .arg(text::percent(rate.share, 0), text::percent(rate.interval.low, 0), text::percent(rate.interval.high, 0));
}

QString verdictOf(const SeedAgreement& pane, const SeedAgreement& reference, bool isReference) {
  if (isReference) return SeedPage::tr("the baseline");
  if (pane.withReference.pairs == 0 || reference.withItself.pairs == 0) return QStringLiteral("—");
  return isWithinOwnSpread(pane.withReference, reference.withItself)
             ? SeedPage::tr("indistinguishable from the reference's own spread")
             : SeedPage::tr("agrees less than the reference with itself");
}

}  // namespace

SeedPage::SeedPage(QWidget* parent)
    : QWidget(parent),
      m_head(new PageHead(tr("Agreement under seeds"))),
      m_seeds(new QSpinBox),
      m_question(new Label(Label::Style::Body)),
      m_definition(new Label(Label::Style::Muted)),
      m_greedy(new Label(Label::Style::Muted)),
      m_sampling(new QPushButton(tr("Use the demonstration's sampling"))),
      m_tables(new QWidget),
      m_veil(new OldVeil(m_tables)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  m_seeds->setRange(2, kMostSeeds);
  m_seeds->setValue(kSeedsAtFirst);
  m_seeds->setObjectName(QStringLiteral("seeds"));
  m_seeds->setAccessibleName(tr("Number of seeds"));
  m_seeds->setSuffix(tr(" seeds"));
  m_head->controls()->addWidget(m_seeds);
  column->addWidget(m_head);
  for (Label* label : {m_question, m_definition, m_greedy}) label->setWrapping();
  m_question->setObjectName(QStringLiteral("seed-question"));
  column->addWidget(m_question);
  m_definition->setText(tr(
      "Every pane answers the question once per seed. Two answers agree when they hold the same numbers and at least "
      "half of the words that either has, without stop words such as “the” or “is”; wording and order do not count. "
      "A pane's answers are held against the reference's under other seeds. Intervals are Wilson's, 95 %, as if "
      "only half as many pairs as seeds were independent."));
  column->addWidget(m_definition);
  auto* greedy = new QHBoxLayout;
  m_greedy->setText(tr("Sampling is greedy: every seed gives the same answer."));
  m_greedy->setObjectName(QStringLiteral("seed-greedy"));
  m_sampling->setObjectName(QStringLiteral("seed-sampling"));
  greedy->addWidget(m_greedy, 1);
  greedy->addWidget(m_sampling);
  column->addLayout(greedy);
  auto* tables = new QVBoxLayout(m_tables);
  tables->setContentsMargins(0, 0, 0, 0);
  tables->setSpacing(space::kOneHalf);
  column->addWidget(m_tables, 1);
  connect(m_head, &PageHead::backWanted, this, &SeedPage::backWanted);
  connect(m_head, &PageHead::startWanted, this, &SeedPage::runWanted);
  connect(m_head, &PageHead::stopWanted, this, &SeedPage::stopWanted);
  connect(m_sampling, &QPushButton::clicked, this, &SeedPage::samplingWanted);
}

int SeedPage::seeds() const { return m_seeds->value(); }

void SeedPage::setQuestion(const QString& question, const QString& whyNot, bool isGreedy) {
  m_next = question;
  m_whyNot = whyNot.isEmpty() && isGreedy ? m_greedy->text() : whyNot;
  for (QWidget* part : {static_cast<QWidget*>(m_greedy), static_cast<QWidget*>(m_sampling)}) part->setVisible(isGreedy);
  showState();
}

void SeedPage::setOld(bool old) {
  const bool isOtherQuestion = m_next != m_asked && !m_next.isEmpty();
  const bool isShown = (old || isOtherQuestion) && !m_isRunning && !m_taken.empty();
  m_head->setOld(!isShown          ? QString()
                 : isOtherQuestion ? tr("Old: of an earlier question. “Run” asks the newest one.")
                                   : tr("Old: the panes or the settings have changed since. “Run” asks again."));
  m_veil->setVisible(isShown);
  m_veil->raise();
}

void SeedPage::clear() {
  delete std::exchange(m_study, nullptr);
  delete std::exchange(m_answers, nullptr);
  m_asked.clear();
  m_titles.clear();
  m_texts.clear();
  m_taken.clear();
  m_isRunning = false;
  setOld(false);
  showState();
}

void SeedPage::begin(const QString& question, const std::vector<QString>& titles) {
  m_wanted = m_seeds->value();
  m_asked = question;
  m_titles = titles;
  m_texts.assign(titles.size(), {});
  m_taken.clear();
  m_isRunning = true;
  delete m_study;
  delete m_answers;
  m_study = new TextTable(
      {tr("Pane"), tr("Different answers"), tr("Agrees with itself"), tr("With the reference"), tr("Verdict")},
      tr("Agreement of the panes"), 5);
  m_study->setObjectName(QStringLiteral("seed-study"));
  m_study->setColumnToolTip(2, tr("Pairs of its own answers under two seeds"));
  m_study->setColumnToolTip(3, tr("Pairs of one of its answers and one of the reference's, under two seeds"));
  m_study->setFixedHeight(Theme::instance().px(23.0 * (static_cast<double>(titles.size()) + 1)) + space::kOneHalf);
  m_study->fitColumns();
  QStringList columns{tr("Seed")};
  for (const QString& title : titles) columns << title;
  m_answers = new TextTable(columns, tr("Answers under every seed"), static_cast<int>(columns.size()));
  m_answers->setObjectName(QStringLiteral("seed-answers"));
  m_answers->horizontalHeader()->setSectionResizeMode(0, QHeaderView::Fixed);
  m_answers->setColumnWidth(0, Theme::instance().px(kSeedWidth));
  m_tables->layout()->addWidget(m_study);
  m_tables->layout()->addWidget(m_answers);
  showStudy();
}

void SeedPage::take(const Turn& turn) {
  m_taken.push_back(turn.answers.front().back().source.options.sampling.seed);
  for (std::size_t pane = 0; pane < m_texts.size(); ++pane) {
    const Answer& answer = turn.answers[pane].back();
    m_texts[pane].push_back(answer.failure ? QString() : QStringLiteral("") + answer.text());
  }
  showStudy();
}

void SeedPage::end() {
  m_isRunning = false;
  showState();
}

void SeedPage::showState() {
  m_head->setRunning(m_isRunning, m_whyNot);
  m_question->setText(m_asked.isEmpty() || (m_next != m_asked && !m_isRunning) ? m_next : m_asked);
  m_head->setState(m_texts.empty() ? QString()
                                   : tr("%1 of %2 seeds, “%3”")
                                         .arg(m_taken.size())
                                         .arg(m_isRunning ? m_wanted : static_cast<int>(m_taken.size()))
                                         .arg(text::shortened(m_asked, 40)));
}

void SeedPage::showStudy() {
  const auto study = studySeeds(m_texts);
  std::vector<QStringList> lines;
  for (std::size_t pane = 0; pane < study.size(); ++pane)
    lines.push_back({m_titles[pane], text::count(study[pane].distinct), rateText(study[pane].withItself),
                     pane == 0 ? QStringLiteral("—") : rateText(study[pane].withReference),
                     verdictOf(study[pane], study.front(), pane == 0)});
  m_study->setLines(lines);
  std::vector<QStringList> answers;
  for (std::size_t i = 0; i < m_taken.size(); ++i) {
    QStringList& line = answers.emplace_back(QStringList{QString::number(m_taken[i])});
    for (const auto& texts : m_texts) line << (texts[i].isNull() ? tr("failed") : texts[i].simplified());
  }
  m_answers->setLines(answers);
  showState();
}

}  // namespace app
