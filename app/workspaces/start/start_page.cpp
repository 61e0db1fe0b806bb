#include "app/workspaces/start/start_page.h"

#include <QBoxLayout>
#include <QFileInfo>
#include <QGridLayout>
#include <QPushButton>
#include <QScrollArea>
#include <algorithm>

#include "app/lessons/lesson_player.h"
#include "app/selection/local_models.h"
#include "app/selection/model_loader.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/start/drop_hint.h"
#include "app/workspaces/start/feature_tile.h"
#include "app/workspaces/start/hero_art.h"
#include "app/workspaces/start/model_list.h"
#include "app/workspaces/workspace.h"

namespace app {
namespace {
constexpr Length kContentWidth{1080}, kArtNeedsWidth{880}, kTileWidth{168};
constexpr std::size_t kLessonColumns = 3;
constexpr std::size_t kMostFound = 40;

/// What it is, where it is from and whether it runs; the whole reason when one points at it.
ModelList::Row foundRow(const LocalModels::Entry& entry) {
  const FoundModel& model = entry.model;
  const QString source = QString::fromStdString(model.source);
  QStringList detail{QString::fromStdString(model.origin)};
  QString toolTip = source;
  bool runs = true;
  if (entry.verdict) {
    if (!entry.verdict->type.empty()) detail << QString::fromStdString(entry.verdict->type);
    if (const auto why = shortly(*entry.verdict); !why.empty()) detail << QString::fromStdString(why);
    if (!entry.verdict->why.empty()) toolTip += u'\n' + QString::fromStdString(entry.verdict->why);
    runs = entry.verdict->runs == ModelVerdict::Runs::Yes;
  }
  return {source,
          QString::fromStdString(model.name),
          detail.join(QStringLiteral(" · ")),
          text::bytes(model.bytes),
          QStringLiteral("cube"),
          toolTip,
          !runs};
}
}  // namespace

StartPage::StartPage(ModelLoader& loader, LocalModels& models, LessonPlayer& lessons, QWidget* parent)
    : QWidget(parent),
      m_loader(loader),
      m_models(models),
      m_lessons(lessons),
      m_demo(new QPushButton(tr("Open the demo model"))),
      m_opening(new Label(Label::Style::Muted)),
      m_art(new HeroArt),
      m_recent(new ModelList),
      m_found(new ModelList),
      m_more(new Label(Label::Style::Muted)) {
  auto* content = new QWidget;
  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(space::kFour, space::kFour, space::kFour, space::kThree);
  layout->setSpacing(space::kThree);
  layout->addStretch(1);  // on a large screen the page stands a little above the middle
  layout->addWidget(buildHero());
  layout->addWidget(buildTiles());
  layout->addWidget(buildLessons());
  layout->addWidget(buildLists());
  layout->addStretch(2);
  content->setMaximumWidth(kContentWidth);

  auto* centered = new QWidget;
  auto* row = new QHBoxLayout(centered);
  row->setContentsMargins(0, 0, 0, 0);
  row->addStretch(1);
  row->addWidget(content, 1000);
  row->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidget(centered);
  scroll->viewport()->setAutoFillBackground(false);
  centered->setAutoFillBackground(false);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(scroll);

  connect(&m_loader, &ModelLoader::recentChanged, this, &StartPage::refreshRecent);
  connect(&m_loader, &ModelLoader::openingChanged, this, &StartPage::refreshOpening);
  connect(m_recent, &ModelList::chosen, this, &StartPage::openRequested);
  connect(m_found, &ModelList::chosen, this, &StartPage::openRequested);
  connect(&m_models, &LocalModels::changed, this, &StartPage::refreshFound);
  connect(&m_lessons, &LessonPlayer::progressChanged, this, &StartPage::refreshLessons);
  refreshRecent();
  refreshLessons();
  refreshOpening();
  m_found->setRows({}, tr("Looking for models…"));
}

QWidget* StartPage::buildHero() {
  auto* hero = new QWidget;
  auto* columns = new QHBoxLayout(hero);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->setSpacing(space::kFour);
  auto* words = new QVBoxLayout;
  words->setSpacing(space::kOneHalf);
  auto* headline = new Label(Label::Style::Display, tr("See what quantization\ndoes to a model"));
  headline->setWrapping();
  auto* line =
      new Label(Label::Style::Muted,
                tr("Open a model, look at its numbers, quantize them in front of you, chat with the result beside the "
                   "original, and follow a wrong word down to the layer, the weight and the bit that caused it."));
  line->setWrapping();
  m_demo->setProperty("kind", QStringLiteral("primary"));
  m_demo->setObjectName(QStringLiteral("open-demo"));
  m_demo->setToolTip(tr("A small chat model that comes with the program (Ctrl+D)"));
  m_demo->setMinimumHeight(38);
  m_demo->setDefault(true);
  auto* file = new QPushButton(icon(QStringLiteral("open-file")), tr("Open file…"));
  auto* folder = new QPushButton(icon(QStringLiteral("open-folder")), tr("Open folder…"));
  auto* byName = new QPushButton(icon(QStringLiteral("download")), tr("Get by name…"));
  byName->setObjectName(QStringLiteral("get-by-name"));
  byName->setToolTip(tr("A model from Hugging Face or Ollama, with its sizes and whether it fits"));
  file->setToolTip(tr("A GGUF or safetensors file (Ctrl+O)"));
  folder->setToolTip(tr("A Hugging Face folder (Ctrl+Shift+O)"));
  for (QPushButton* button : {file, folder, byName}) button->setMinimumHeight(38);
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(space::kOne);
  buttons->addWidget(m_demo);
  buttons->addWidget(file);
  buttons->addWidget(folder);
  buttons->addWidget(byName);
  buttons->addStretch(1);
  words->addStretch(1);
  words->addWidget(headline);
  words->addWidget(line);
  words->addSpacing(space::kHalf);
  words->addLayout(buttons);
  words->addWidget(m_opening);
  words->addStretch(1);
  columns->addLayout(words, 3);
  columns->addWidget(m_art, 2);
  connect(m_demo, &QPushButton::clicked, this, [this] { Q_EMIT openRequested(QStringLiteral("demo")); });
  connect(file, &QPushButton::clicked, this, &StartPage::fileRequested);
  connect(folder, &QPushButton::clicked, this, &StartPage::folderRequested);
  connect(byName, &QPushButton::clicked, this, &StartPage::nameRequested);
  return hero;
}

QWidget* StartPage::buildTiles() {
  auto* tiles = new QWidget;
  m_tileGrid = new QGridLayout(tiles);
  m_tileGrid->setContentsMargins(0, 0, 0, 0);
  m_tileGrid->setSpacing(space::kOneHalf);
  for (const WorkspaceEntry& entry : workspaceEntries()) {
    const QString id = QLatin1String(entry.id);
    auto* tile = new FeatureTile(QLatin1String(entry.icon), entry.translatedTitle(), entry.translatedDescription());
    tile->setObjectName(QStringLiteral("tile-") + id);
    connect(tile, &FeatureTile::clicked, this, [this, id] { Q_EMIT workspaceRequested(id); });
    m_tiles.push_back(tile);
  }
  placeTiles();
  return tiles;
}

/// In one row, or in two of half as many where they would not fit.
void StartPage::placeTiles() {
  const int all = static_cast<int>(m_tiles.size());
  const int room = std::min<int>(width(), kContentWidth) - 2 * space::kFour;
  const int columns = room >= all * kTileWidth ? all : (all + 1) / 2;
  for (int i = 0; i < all; ++i) {
    m_tileGrid->addWidget(m_tiles[static_cast<std::size_t>(i)], i / columns, i % columns);
    m_tileGrid->setColumnStretch(i, i < columns ? 1 : 0);
  }
}

QWidget* StartPage::buildLessons() {
  auto* card = new Card(tr("Lessons"));
  card->setHint(tr("Each step asks first and shows afterwards, on real numbers"));
  card->body()->setContentsMargins(space::kOne, space::kOne, space::kOne, space::kOne);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  for (std::size_t i = 0; i < kLessonColumns; ++i) {
    auto* column = new ModelList;
    connect(column, &ModelList::chosen, this, &StartPage::lessonRequested);
    m_lessonColumns.push_back(column);
    row->addWidget(column, 1);
  }
  card->body()->addLayout(row);
  card->setVisible(!m_lessons.course().lessons.empty());
  return card;
}

void StartPage::refreshLessons() {
  const auto& lessons = m_lessons.course().lessons;
  const std::size_t perColumn = (lessons.size() + kLessonColumns - 1) / kLessonColumns;
  for (std::size_t column = 0; column < kLessonColumns; ++column) {
    std::vector<ModelList::Row> rows;
    for (std::size_t i = column * perColumn; i < std::min((column + 1) * perColumn, lessons.size()); ++i) {
      const int done = m_lessons.progress().answered(lessons[i]);
      const QString title = tr("%1 · %2").arg(lessons[i].number).arg(lessons[i].title);
      const QString detail = done == 0
                                 ? tr("%1 steps, about %2 min").arg(lessons[i].steps.size()).arg(lessons[i].minutes)
                                 : tr("%1 of %2 steps").arg(done).arg(lessons[i].steps.size());
      rows.push_back({lessons[i].id, title, detail, {}, QStringLiteral("learn"), lessons[i].summary});
    }
    m_lessonColumns[column]->setRows(rows, QString());
  }
}

QWidget* StartPage::buildLists() {
  auto* lists = new QWidget;
  auto* row = new QHBoxLayout(lists);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOneHalf);
  auto* recent = new Card(tr("Recent"));
  recent->body()->setContentsMargins(space::kOne, space::kOne, space::kOne, space::kOne);
  recent->body()->addWidget(m_recent, 1);
  recent->body()->addWidget(new DropHint);
  auto* found = new Card(tr("On this computer"));
  found->setHint(tr("Hugging Face, Ollama, LM Studio, Jan, llama.cpp"));
  found->body()->setContentsMargins(space::kOne, space::kOne, space::kOne, space::kOne);
  found->body()->addWidget(m_found);
  m_more->setContentsMargins(space::kOne, 0, space::kOne, space::kOne);
  m_more->hide();
  found->body()->addWidget(m_more);
  row->addWidget(recent, 1);
  row->addWidget(found, 1);
  return lists;
}

void StartPage::refreshRecent() {
  std::vector<ModelList::Row> rows;
  for (const QString& source : m_loader.recent()) {
    const QString folder = QFileInfo(source).isAbsolute() ? QFileInfo(source).path() : QString();
    rows.push_back({source, ModelLoader::displayName(source), folder, {}, QStringLiteral("clock")});
  }
  m_recent->setRows(rows, tr("Models you open appear here."));
}

void StartPage::refreshFound() {
  std::vector<ModelList::Row> rows;
  const auto& entries = m_models.entries();
  for (std::size_t i = 0; i < std::min(entries.size(), kMostFound); ++i) rows.push_back(foundRow(entries[i]));
  m_found->setRows(rows, tr("None found in the folders of Hugging Face, Ollama, LM Studio, Jan and llama.cpp. The demo "
                            "model needs no download."));
  m_more->setVisible(entries.size() > kMostFound);
  m_more->setText(tr("%n more: Ctrl+K finds them by name", nullptr, static_cast<int>(entries.size() - rows.size())));
}

void StartPage::refreshOpening() {
  m_opening->setText(m_loader.isOpening() ? tr("Opening %1…").arg(ModelLoader::displayName(m_loader.opening()))
                                          : QString());
  m_demo->setEnabled(!m_loader.isOpening());
}

void StartPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  m_art->setVisible(width() >= kArtNeedsWidth);
  placeTiles();
}

void StartPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  m_models.scan();
}

}  // namespace app
