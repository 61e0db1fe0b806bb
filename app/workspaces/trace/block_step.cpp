#include "app/workspaces/trace/block_step.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/session/traced_place.h"
#include "app/text/numbers.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/bar_delegate.h"
#include "app/workspaces/trace/bit_menu.h"
#include "app/workspaces/trace/block_reader.h"
#include "app/workspaces/trace/hand_changes.h"
#include "app/workspaces/trace/trace_words.h"
#include "app/workspaces/trace/weight_model.h"
#include "core/base/error.h"

namespace app {

namespace {
constexpr int kRowHeight = 23;
}

BlockStep::BlockStep(TraceState& state, HandChanges& changes, QWidget* parent)
    : Card(QString(), parent),
      m_state(state),
      m_changes(changes),
      m_reader(new BlockReader(state, this)),
      m_weights(new WeightModel(this)),
      m_title(new Label(Label::Style::Heading)),
      m_detail(new Label(Label::Style::Hint)),
      m_message(new Label(Label::Style::Muted)),
      m_table(new QTableView),
      m_lower(new QPushButton(tr("Next lower code"))),
      m_higher(new QPushButton(tr("Next higher code"))),
      m_bits(new QToolButton),
      m_bitMenu(new QMenu(this)) {
  setFlush(true);
  header()->setContentsMargins(space::kTwo, space::kOne, space::kOne, 0);
  m_title->setElide(Qt::ElideMiddle);
  header()->addWidget(m_title, 1);
  auto* bits = new QToolButton;
  bits->setText(tr("Open in Bits"));
  bits->setProperty("kind", QStringLiteral("link"));
  bits->setObjectName(QStringLiteral("trace-open-bits"));
  auto* quantize = new QToolButton;
  quantize->setText(tr("Open in Quantize"));
  quantize->setProperty("kind", QStringLiteral("link"));
  quantize->setObjectName(QStringLiteral("trace-open-quantize"));
  header()->addWidget(bits);
  header()->addWidget(quantize);
  connect(bits, &QToolButton::clicked, this, &BlockStep::bitsWanted);
  connect(quantize, &QToolButton::clicked, this, &BlockStep::quantizeWanted);
  buildTable();
  m_message->setAlignment(Qt::AlignCenter);
  m_message->setWrapping();
  body()->addWidget(m_table, 1);
  body()->addWidget(m_message, 1);
  buildFoot();
  connect(m_reader, &BlockReader::changed, this, &BlockStep::fill);
  connect(&m_changes, &HandChanges::changed, this, &BlockStep::refreshChanges);
  fill();
}

void BlockStep::buildTable() {
  m_table->setModel(m_weights);
  m_table->setObjectName(QStringLiteral("trace-weights"));
  m_table->setAccessibleName(tr("Weights of the block, those that did most first"));
  m_table->setShowGrid(false);
  m_table->setFrameShape(QFrame::NoFrame);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setSelectionMode(QAbstractItemView::SingleSelection);
  m_table->setTabKeyNavigation(false);
  m_table->setWordWrap(false);
  m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setDefaultSectionSize(Theme::instance().px(kRowHeight));
  m_table->setItemDelegateForColumn(WeightModel::Contribution, new BarDelegate(WeightModel::kShareRole, this));
  QHeaderView* head = m_table->horizontalHeader();
  head->setProperty("kind", QStringLiteral("compact"));
  head->setHighlightSections(false);
  head->setSectionResizeMode(QHeaderView::ResizeToContents);
  head->setStretchLastSection(true);
  m_table->installEventFilter(this);
  auto* copy = new QAction(icon(QStringLiteral("copy")), tr("Copy the table"), m_table);
  connect(copy, &QAction::triggered, this, [this] { QGuiApplication::clipboard()->setText(m_weights->text()); });
  m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
  m_table->addAction(copy);
  connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& index) {
    const auto tensor = m_state.tensor();
    if (index.isValid() && tensor) m_state.selectWeight(*tensor, m_weights->weight(index.row()).element);
  });
  connect(m_table, &QTableView::activated, this, &BlockStep::bitsWanted);
}

void BlockStep::buildFoot() {
  auto* foot = new QWidget;
  auto* column = new QVBoxLayout(foot);
  column->setContentsMargins(space::kTwo, space::kHalf, space::kTwo, space::kOne);
  column->setSpacing(space::kHalf);
  auto* row = new QWidget;
  auto* flow = new FlowLayout(row);
  flow->setSpacing(space::kOne);
  flow->addWidget(new Label(Label::Style::Hint, tr("Store this one differently:")));
  m_lower->setObjectName(QStringLiteral("trace-lower"));
  m_higher->setObjectName(QStringLiteral("trace-higher"));
  m_bits->setObjectName(QStringLiteral("trace-toggle-bit"));
  m_bits->setText(tr("Toggle a bit ▾"));
  m_bits->setPopupMode(QToolButton::InstantPopup);
  m_bits->setMenu(m_bitMenu);
  for (QWidget* widget :
       {static_cast<QWidget*>(m_lower), static_cast<QWidget*>(m_higher), static_cast<QWidget*>(m_bits)})
    flow->addWidget(widget);
  column->addWidget(row);
  m_detail->setObjectName(QStringLiteral("trace-decision"));
  m_detail->setWrapping();
  column->addWidget(m_detail);
  body()->addWidget(foot);
  const auto store = [this](HandChanges::Direction direction) {
    const auto element = chosen();
    if (element && m_state.tensor()) m_changes.storeDifferently(*m_state.tensor(), *element, direction);
  };
  connect(m_lower, &QPushButton::clicked, this, [store] { store(HandChanges::Direction::Lower); });
  connect(m_higher, &QPushButton::clicked, this, [store] { store(HandChanges::Direction::Higher); });
  connect(m_bitMenu, &QMenu::aboutToShow, this, &BlockStep::fillBits);
}

void BlockStep::fillBits() {
  m_bitMenu->clear();
  const auto element = chosen();
  const auto tensor = m_state.tensor();
  const auto stored = tensor ? m_reader->stored() : nullptr;
  if (!element || stored == nullptr) return;
  try {
    fillBitMenu(*m_bitMenu, *stored, *element,
                [this, tensor = *tensor, element = *element](const core::quant::FieldPlace& place, std::uint32_t bit,
                                                             const QString& name) {
                  m_changes.toggleBit(tensor, element, place, bit, name);
                });
  } catch (const core::Error& error) {
    m_bitMenu->addAction(QString::fromUtf8(error.what()))->setEnabled(false);
  }
}

void BlockStep::setActive(bool active) { m_reader->setActive(active); }

std::optional<std::uint64_t> BlockStep::chosen() const {
  const QModelIndex index = m_table->currentIndex();
  return index.isValid() ? std::optional(m_weights->weight(index.row()).element) : std::nullopt;
}

void BlockStep::refresh() { fill(); }

void BlockStep::fill() {
  const BlockDetails* details = m_reader->details();
  const Trace* trace = m_state.trace();
  const auto tensor = m_state.tensor();
  const bool isKnown = details != nullptr && tensor && !details->weights.empty();
  m_table->setVisible(isKnown);
  m_message->setVisible(!isKnown);
  const bool isBlock = trace != nullptr && trace->attribution && tensor && m_state.block();
  m_message->setRole(m_reader->failure().isEmpty() ? Label::Style::Muted : Label::Style::Error);
  m_message->setText(!m_reader->failure().isEmpty() ? m_reader->failure()
                     : details != nullptr           ? tr("Nothing of this block is stored as codes.")
                     : isBlock                      ? tr("Reading the block…")
                     : m_state.isRunning()          ? tr("Adding up what every weight did…")
                                                    : tr("Select a block in step 3."));
  const auto block = m_state.block();
  m_title->setText(isBlock ? tr("%1, %2, columns %3–%4")
                                 .arg(QString::fromStdString(tracedPlace(trace->tensors[*tensor], block->first).tensor),
                                      rowText(trace->tensors[*tensor], block->first))
                                 .arg(block->first % trace->tensors[*tensor].width)
                                 .arg(block->first % trace->tensors[*tensor].width + block->count - 1)
                           : tr("The block"));
  {
    const QSignalBlocker blocked(m_table->selectionModel());
    std::vector<std::uint64_t> proved;
    if (isKnown && trace->proof && trace->proof->weights)
      for (const auto& member : trace->proof->weights->members)
        if (member.tensor == *tensor) proved.push_back(member.first);
    m_weights->show(isKnown ? details : nullptr,
                    isKnown ? trace->attribution->reference - trace->attribution->compared : 0.0,
                    isKnown ? trace->tensors[*tensor] : TracedTensor(), std::move(proved));
  }
  refreshPlace();
}

void BlockStep::refreshPlace() {
  const auto weight = m_state.weight();
  const int row = weight ? m_weights->rowOf(*weight) : m_weights->rowCount() > 0 ? 0 : -1;
  {
    const QSignalBlocker blocked(m_table->selectionModel());
    const QModelIndex index = row < 0 ? QModelIndex() : m_weights->index(row, 0);
    m_table->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    // The table may be shown or laid out only now.
    QMetaObject::invokeMethod(
        m_table, [table = m_table] { table->scrollTo(table->currentIndex()); }, Qt::QueuedConnection);
  }
  m_table->viewport()->update();
  refreshChanges();
}

void BlockStep::refreshChanges() {
  const bool canChange = chosen() && m_state.isComplete() && !m_changes.isComputing();
  for (QWidget* widget :
       {static_cast<QWidget*>(m_lower), static_cast<QWidget*>(m_higher), static_cast<QWidget*>(m_bits)})
    widget->setEnabled(canChange);
  const QModelIndex index = m_table->currentIndex();
  m_detail->setText(index.isValid() ? tr("%1: %2.").arg(index.data().toString(),
                                                        m_weights->decisionText(m_weights->weight(index.row())))
                                    : QString());
}

bool BlockStep::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_table && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->matches(QKeySequence::Copy)) {
      QGuiApplication::clipboard()->setText(m_weights->text());
      return true;
    }
    if ((key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) && chosen()) {
      Q_EMIT bitsWanted();
      return true;
    }
  }
  return Card::eventFilter(watched, event);
}

QString BlockStep::result() const {
  if (m_weights->rowCount() == 0) {
    const auto block = m_state.block();
    return block ? tr("row %1, block %2").arg(block->row).arg(block->block) : QString();
  }
  const QModelIndex first = m_weights->index(0, WeightModel::Place);
  return tr("%1: %2").arg(first.data().toString(), m_weights->decisionText(m_weights->weight(0)));
}

}  // namespace app
