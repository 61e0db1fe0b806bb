#include "app/workspaces/compare/embedding_page.h"

#include <QHeaderView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalBlocker>
#include <QSplitter>
#include <QVBoxLayout>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_state.h"

namespace app {

namespace {

const QString kEmbeddingTag = QStringLiteral("compare.embeddings");
constexpr int kDigits = 6;               // of a cosine
constexpr double kSameDirection = 1e-9;  // 1 − cosine of what float32 rounds alone
constexpr int kPairDigits = 4;           // in the table of pairs
constexpr int kShownCharacters = 24;     // of a text, in a table
constexpr int kMostTexts = 64;           // that a table shows

QString usualTexts() {
  return EmbeddingPage::tr(
      "The cat sat on the mat.\nA kitten was lying on the rug.\nShe opened an account at the bank.\n"
      "They had a picnic on the bank of the river.\nInterest rates rose again this year.\n"
      "Water flows faster where the stream is narrow.");
}

QString shortened(const std::string& text) {
  const QString whole = QString::fromStdString(text);
  return whole.size() <= kShownCharacters ? whole : whole.left(kShownCharacters - 1) + u'…';
}

QString cosineText(double cosine, int digits) { return QString::number(cosine, 'f', digits); }

}  // namespace

EmbeddingPage::EmbeddingPage(CompareState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_texts(new QPlainTextEdit(usualTexts())),
      m_compute(new QPushButton),
      m_status(new Label(Label::Style::Muted)),
      m_pairsHeading(new Label(Label::Style::Heading)),
      m_schemes(new TextTable({tr("scheme"), tr("least"), tr("mean"), tr("furthest text")},
                              tr("Cosine to the stored weights' embeddings"), 1)),
      m_pairs(nullptr),
      m_splitter(new QSplitter(Qt::Horizontal)),
      m_results(new QSplitter(Qt::Vertical)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, space::kOne, 0, 0);
  column->setSpacing(space::kOne);
  auto* line = new QHBoxLayout;
  line->setSpacing(space::kOneHalf);
  m_compute->setObjectName(QStringLiteral("embedding-compute"));
  m_compute->setProperty("kind", QStringLiteral("primary"));
  connect(m_compute, &QPushButton::clicked, this, &EmbeddingPage::compute);
  m_status->setObjectName(QStringLiteral("embedding-status"));
  m_status->setElide(Qt::ElideRight);
  line->addWidget(m_compute);
  line->addWidget(m_status, 1);
  column->addLayout(line);
  for (QSplitter* splitter : {m_splitter, m_results}) {
    splitter->setHandleWidth(space::kOneHalf);
    splitter->setChildrenCollapsible(false);
  }
  m_splitter->addWidget(buildTexts());
  m_splitter->addWidget(buildResults());
  m_splitter->setStretchFactor(0, 2);
  m_splitter->setStretchFactor(1, 3);
  column->addWidget(m_splitter, 1);
  connect(m_texts, &QPlainTextEdit::textChanged, this, &EmbeddingPage::say);
  connect(&m_state.selection(), &Selection::schemesChanged, this, &EmbeddingPage::say);
  connect(&m_state.selection(), &Selection::calibrationChanged, this, &EmbeddingPage::say);
  connect(&m_state.selection(), &Selection::modelChanged, this, &EmbeddingPage::forget);
  connect(&m_state, &CompareState::questionChanged, this, &EmbeddingPage::say);
  connect(&m_state.jobs(), &JobRunner::changed, this, &EmbeddingPage::noticeStopped);
  connect(&Theme::instance(), &Theme::changed, this, &EmbeddingPage::refresh);
}

QWidget* EmbeddingPage::buildTexts() {
  auto* card = new Card(tr("Texts"));
  card->setHint(tr("One in each line, at most %1.").arg(kMostTexts));
  m_texts->setObjectName(QStringLiteral("embedding-texts"));
  m_texts->setAccessibleName(tr("Texts, one in each line"));
  m_texts->setTabChangesFocus(true);
  card->body()->addWidget(m_texts, 1);
  return card;
}

QWidget* EmbeddingPage::buildResults() {
  auto* schemes = flushCard(new Label(Label::Style::Heading, tr("Cosine to the stored weights' embeddings")), {});
  m_schemes->setObjectName(QStringLiteral("embedding-schemes"));
  m_schemes->fitColumns();
  m_schemes->setColumnToolTip(1, tr("Of the text whose embedding turned most: 1 is the same direction"));
  schemes->body()->addWidget(m_schemes, 1);
  connect(m_schemes, &QTableWidget::itemSelectionChanged, this, &EmbeddingPage::showPairs);
  QStringList columns{tr("text")};
  for (int i = 1; i <= kMostTexts; ++i) columns.push_back(QString::number(i));
  m_pairs = new TextTable(columns, tr("Cosine of every two texts"), 1);
  m_pairs->setObjectName(QStringLiteral("embedding-pairs"));
  m_pairs->fitColumns();
  auto* pairs = flushCard(m_pairsHeading, {});
  pairs->body()->addWidget(m_pairs, 1);
  m_results->addWidget(schemes);
  m_results->addWidget(pairs);
  m_results->setStretchFactor(0, 2);
  m_results->setStretchFactor(1, 3);
  return m_results;
}

EmbeddingPage::Asked EmbeddingPage::asked() const {
  Asked asked{{}, m_state.comparedRecipes(), m_state.question().device, m_state.calibration()};
  for (const QString& line : m_texts->toPlainText().split(u'\n'))
    if (const QString text = line.trimmed(); !text.isEmpty()) asked.texts.push_back(text.toStdString());
  return asked;
}

bool EmbeddingPage::isComputing() const { return m_state.jobs().isActive(kEmbeddingTag); }

void EmbeddingPage::compute() {
  if (isComputing()) return m_state.jobs().cancelTag(kEmbeddingTag);
  const auto model = m_state.selection().model();
  const Asked now = asked();
  if (!model || model->whyNoEmbedding() || now.texts.empty() || now.texts.size() > kMostTexts) return;
  const auto work = [model, engine = m_state.engine(), now](const core::JobContext& job) {
    return embedTexts(*model, *engine, {now.texts, now.recipes, now.device}, job);
  };
  m_failure.clear();
  m_wasStopped = false;
  m_isRunning = true;
  m_state.jobs().run(
      this, {kEmbeddingTag, tr("Computing embeddings"), Lane::Inference}, work,
      [this, model, now](EmbeddingTable table) {
        if (model == m_state.selection().model()) take(std::move(table), now);
      },
      [this](const QString& sentence) {
        m_isRunning = false;
        m_failure = sentence;
        say();
      });
  say();
}

void EmbeddingPage::take(EmbeddingTable table, const Asked& of) {
  m_isRunning = false;
  m_table = std::move(table);
  m_of = of;
  showSchemes();
  say();
}

// A job that somebody cancelled delivers nothing.
void EmbeddingPage::noticeStopped() {
  if (!m_isRunning || isComputing()) return;
  m_isRunning = false;
  m_wasStopped = true;
  say();
}

void EmbeddingPage::forget() {
  m_state.jobs().cancelTag(kEmbeddingTag);
  m_table.reset();
  m_failure.clear();
  m_isRunning = m_wasStopped = false;
  showSchemes();
  say();
}

void EmbeddingPage::refresh() {
  if (!isVisible()) return;
  showPairs();
  say();
}

QString EmbeddingPage::whyOld() const {
  const Asked now = asked();
  if (m_of.texts != now.texts) return tr("of other texts");
  if (!(m_of.recipes == now.recipes)) return tr("of other schemes");
  if (!(m_of.device == now.device)) return tr("of another device");
  return m_state.whyOtherWeights(m_of.recipes, m_of.calibration);
}

void EmbeddingPage::say() {
  const auto& model = m_state.selection().model();
  const auto why = model ? model->whyNoEmbedding() : std::nullopt;
  const std::size_t texts = asked().texts.size();
  const bool fits = texts > 0 && texts <= kMostTexts;
  m_compute->setText(isComputing() ? tr("Stop") : m_table ? tr("Compute again") : tr("Compute"));
  m_compute->setEnabled(isComputing() || (model && !why && fits));
  m_status->setRole(m_failure.isEmpty() ? Label::Style::Muted : Label::Style::Error);
  const QString of =
      m_table
          ? tr("%1 texts · %2 values each · pooling: %3 · %4")
                .arg(text::count(m_table->texts.size()), text::count(m_table->rows.front().embeddings.front().size()),
                     QString::fromUtf8(nameOf(m_table->pooling)), QString::fromStdString(m_table->rows.front().device))
          : QString();
  m_status->setText(!m_failure.isEmpty() ? m_failure
                    : !model             ? tr("Open an encoder, and tick schemes to compare.")
                    : why                ? QString::fromStdString(*why)
                    : isComputing()      ? tr("Computing…")
                    : !fits              ? texts == 0 ? tr("Write at least one text.")
                                                      : tr("At most %1 texts fit here; there are %2.").arg(kMostTexts).arg(texts)
                                 : m_wasStopped ? tr("Stopped before all was computed.")
                    : !m_table           ? tr("Nothing was computed yet.")
                    : whyOld().isEmpty() ? of
                                         : tr("Old: %1 (%2). Compute again for what is asked now.").arg(whyOld(), of));
}

void EmbeddingPage::showSchemes() {
  std::vector<QStringList> lines;
  for (std::size_t i = 0; m_table && i < m_table->rows.size(); ++i) {
    const TextEmbeddings& row = m_table->rows[i];
    const QString title = i == 0 ? tr("as stored") : QString::fromStdString(row.recipe.displayName());
    if (!row.failure.empty()) {
      lines.push_back({title, QString(), QString(), QString::fromStdString(row.failure)});
      continue;
    }
    const auto furthest = static_cast<std::size_t>(std::ranges::min_element(row.toStored) - row.toStored.begin());
    lines.push_back({title, cosineText(row.least(), kDigits), cosineText(row.mean(), kDigits),
                     row.least() >= 1 - kSameDirection ? QString() : shortened(m_table->texts[furthest])});
  }
  const QSignalBlocker blocked(m_schemes);
  m_schemes->setLines(lines);
  if (!lines.empty()) m_schemes->selectRow(lines.size() > 1 ? 1 : 0);
  showPairs();
}

void EmbeddingPage::showPairs() {
  const int at = m_schemes->currentRow();
  const bool isThere = m_table && at >= 0 && at < static_cast<int>(m_table->rows.size()) &&
                       m_table->rows[static_cast<std::size_t>(at)].failure.empty();
  const std::size_t count = isThere ? m_table->texts.size() : 0;
  m_pairsHeading->setText(isThere ? tr("Cosine of every two texts, %1").arg(m_schemes->item(at, 0)->text())
                                  : tr("Cosine of every two texts"));
  std::vector<QStringList> lines;
  for (std::size_t a = 0; a < count; ++a) {
    QStringList line{QStringLiteral("%1  %2").arg(a + 1).arg(shortened(m_table->texts[a]))};
    for (std::size_t b = 0; b < count; ++b)
      line.push_back(cosineText(m_table->rows[static_cast<std::size_t>(at)].similarity(a, b), kPairDigits));
    lines.push_back(line);
  }
  for (int column = 1; column <= kMostTexts; ++column)
    m_pairs->setColumnHidden(column, column > static_cast<int>(count));
  m_pairs->setLines(lines);
  for (std::size_t a = 0; a < count; ++a) {
    m_pairs->item(static_cast<int>(a), 0)->setToolTip(QString::fromStdString(m_table->texts[a]));
    for (std::size_t b = 0; b < count; ++b) {
      QTableWidgetItem* const item = m_pairs->item(static_cast<int>(a), static_cast<int>(b) + 1);
      const double own = m_table->rows[static_cast<std::size_t>(at)].similarity(a, b),
                   stored = m_table->rows.front().similarity(a, b);
      item->setToolTip(tr("As stored %1, here %2: %3")
                           .arg(cosineText(stored, kDigits), cosineText(own, kDigits), text::number(own - stored, 3)));
    }
  }
}

void EmbeddingPage::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("embedding-texts"), m_texts->toPlainText());
  settings.setValue(QStringLiteral("embedding-splitter"), m_splitter->saveState());
  settings.setValue(QStringLiteral("embedding-results"), m_results->saveState());
}

void EmbeddingPage::restoreState(QSettings& settings) {
  m_texts->setPlainText(settings.value(QStringLiteral("embedding-texts"), usualTexts()).toString());
  m_splitter->restoreState(settings.value(QStringLiteral("embedding-splitter")).toByteArray());
  m_results->restoreState(settings.value(QStringLiteral("embedding-results")).toByteArray());
}

}  // namespace app
