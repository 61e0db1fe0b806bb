#include "app/workspaces/bits/block_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyle>
#include <QVBoxLayout>

#include "app/pictures/block_bytes.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/block_text.h"

namespace app {

BlockPage::BlockPage(BlockState& state, BlockSource& source, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_source(source),
      m_schemes(new QComboBox),
      m_values(new QLineEdit),
      m_fromWeight(new QPushButton(tr("Selected weight's block"))),
      m_restore(new QPushButton(tr("Restore the bytes"))),
      m_origin(new Label(Label::Style::Hint)),
      m_problem(new Label(Label::Style::Error)),
      m_formula(new Label(Label::Style::Number)),
      m_bit(new Label(Label::Style::Muted)),
      m_bytes(new BlockBytes),
      m_parameters(new TextTable({tr("Symbol"), tr("What"), tr("Weights"), tr("Value"), tr("Stored as")},
                                 tr("Scales and minima of the block"), 3)),
      m_weights(new TextTable({tr("#"), tr("Code"), tr("Level"), tr("Reads as"), tr("Weight"), tr("Error")},
                              tr("Weights of the block"), 0)),
      m_across(new QSplitter(Qt::Horizontal)),
      m_shown(new QStackedWidget),
      m_refused(new Label(Label::Style::Heading)),
      m_reason(new Label(Label::Style::Body)),
      m_help(new Label(Label::Style::Muted)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(space::kOneHalf);
  layout->addWidget(buildInput());
  m_across->setHandleWidth(space::kOneHalf);
  m_across->setChildrenCollapsible(false);
  m_across->addWidget(buildBytes());
  m_across->addWidget(buildValues());
  m_across->setStretchFactor(0, 1);
  m_across->setStretchFactor(1, 1);
  m_across->setSizes({430, 570});
  m_shown->addWidget(m_across);
  m_shown->addWidget(buildRefusal());
  layout->addWidget(m_shown, 1);
  connectAll();
  refreshInput();
}

QWidget* BlockPage::buildInput() {
  auto* card = new Card;
  card->body()->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  card->body()->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  for (const auto& [text, name] : blockSchemes()) {
    if (text.isEmpty())
      m_schemes->insertSeparator(m_schemes->count());
    else
      m_schemes->addItem(name, text);
  }
  m_schemes->setMaxVisibleItems(24);
  m_schemes->setAccessibleName(tr("Scheme of the block"));
  m_schemes->setObjectName(QStringLiteral("block-scheme"));
  m_values->setPlaceholderText(tr("Numbers of your own: 0.5 −1 0.25 …"));
  m_values->setAccessibleName(tr("Weights of the block"));
  m_values->setToolTip(tr("Numbers apart by spaces; a GGUF block is filled up with zeros. Enter encodes them."));
  m_values->setObjectName(QStringLiteral("block-values"));
  m_fromWeight->setIcon(icon(QStringLiteral("tensor")));
  m_fromWeight->setObjectName(QStringLiteral("block-from-weight"));
  m_fromWeight->setCheckable(true);
  m_restore->setToolTip(tr("Back to what the encoder wrote"));
  m_restore->setObjectName(QStringLiteral("block-restore"));
  row->addWidget(m_schemes);
  row->addWidget(m_fromWeight);
  row->addWidget(m_values, 1);
  row->addWidget(m_restore);
  card->body()->addLayout(row);
  card->body()->addWidget(m_origin);
  card->body()->addWidget(m_problem);
  m_origin->setElide(Qt::ElideMiddle);
  m_problem->setWrapping();
  m_problem->hide();
  return card;
}

Card* BlockPage::buildBytes() {
  auto* card = new Card(tr("Bytes"));
  card->setHint(tr("click a bit to flip it; arrows move, Space flips"));
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->viewport()->setAutoFillBackground(false);
  m_bytes->setAutoFillBackground(false);
  scroll->setWidget(m_bytes);
  card->body()->addWidget(scroll, 1);
  m_bit->setWrapping();
  m_bit->setObjectName(QStringLiteral("block-bit"));
  card->body()->addWidget(m_bit);
  return card;
}

Card* BlockPage::buildValues() {
  auto* card = new Card(tr("What they say"));
  m_parameters->fitColumns();
  m_parameters->wrapLastColumn();
  m_weights->fitColumns();
  m_parameters->setObjectName(QStringLiteral("block-parameters"));
  m_weights->setObjectName(QStringLiteral("block-weights"));
  m_weights->setSelectionMode(QAbstractItemView::SingleSelection);
  card->body()->addWidget(m_parameters, 2);
  card->body()->addWidget(m_weights, 4);
  m_formula->setWrapping();
  m_formula->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_formula->setObjectName(QStringLiteral("block-formula"));
  card->body()->addWidget(m_formula);
  return card;
}

// What stands in the place of a block that there is not.
Card* BlockPage::buildRefusal() {
  auto* card = new Card;
  card->body()->setSpacing(space::kOne);
  card->body()->addStretch(2);
  for (Label* label : {m_refused, m_reason, m_help}) {
    label->setWrapping();
    label->setAlignment(Qt::AlignCenter);
    card->body()->addWidget(label);
  }
  card->body()->addStretch(3);
  m_reason->setObjectName(QStringLiteral("block-refused"));
  m_help->setObjectName(QStringLiteral("block-help"));
  return card;
}

void BlockPage::showRefusal(const QString& sentence, const QString& help) {
  m_shown->setCurrentIndex(1);
  m_refused->setText(tr("No block of %1").arg(QString::fromStdString(m_source.scheme().displayName())));
  m_reason->setText(sentence);
  m_help->setText(help);
}

void BlockPage::connectAll() {
  connect(m_schemes, &QComboBox::currentIndexChanged, this, [this] {
    const QString text = m_schemes->currentData().toString();
    if (!text.isEmpty()) m_source.setScheme(core::quant::Scheme::parse(text.toStdString()));
  });
  const auto encode = [this](const QString& numbers) {
    showProblem({});
    if (const QString problem = m_source.setValues(numbers); !problem.isEmpty()) showProblem(problem);
  };
  connect(m_values, &QLineEdit::returnPressed, this, [this, encode] { encode(m_values->text()); });
  connect(m_values, &QLineEdit::textEdited, this, [this] { showProblem({}); });
  connect(m_fromWeight, &QPushButton::clicked, this, [this, encode](bool on) {
    if (on)
      m_source.followWeight();
    else
      encode(m_source.valuesText());
  });
  connect(m_restore, &QPushButton::clicked, &m_state, &BlockState::restoreBytes);
  connect(&m_source, &BlockSource::refused, this, &BlockPage::showRefusal);
  connect(&m_source, &BlockSource::sourceChanged, this, &BlockPage::refreshInput);
  connect(&m_state, &BlockState::changed, this, &BlockPage::refresh);
  connect(m_bytes, &BlockBytes::bitClicked, &m_state, &BlockState::flip);
  connect(m_bytes, &BlockBytes::bitChosen, this, [this] { m_bit->setText(m_bytes->chosenText()); });
  connect(m_bytes, &BlockBytes::valueChosen, this, &BlockPage::chooseValue);
  connect(m_weights, &QTableWidget::itemSelectionChanged, this, [this] {
    if (const int line = m_weights->currentRow(); line >= 0 && line != m_value) chooseValue(line);
  });
  connect(m_weights, &QTableWidget::itemActivated, this, [this](const QTableWidgetItem* item) {
    const auto* decoded = m_state.block().step(core::quant::StepId::Decoded);
    if (decoded != nullptr) Q_EMIT valueWanted(decoded->values[static_cast<std::size_t>(item->row())]);
  });
}

void BlockPage::chooseValue(int value) {
  m_value = value;
  m_bytes->setChosenValue(value);
  if (m_weights->currentRow() != value) m_weights->selectRow(value);
  refreshFormula();
}

void BlockPage::showProblem(const QString& sentence) {
  m_values->setProperty("invalid", !sentence.isEmpty());
  m_values->style()->polish(m_values);
  m_problem->setText(sentence);
  m_problem->setVisible(!sentence.isEmpty());
}

void BlockPage::refreshInput() {
  const QSignalBlocker quiet(m_schemes);
  const int index = m_schemes->findData(QString::fromStdString(m_source.scheme().toString()));
  if (index >= 0) m_schemes->setCurrentIndex(index);
  m_fromWeight->setChecked(m_source.followsWeight());
  if (!m_values->hasFocus() || m_source.followsWeight())
    m_values->setText(m_source.followsWeight() ? QString() : m_source.valuesText());
}

void BlockPage::refresh() {
  if (m_state.setup() == nullptr) {
    m_origin->clear();
    m_restore->setEnabled(false);
    return showRefusal({}, tr("Choose a scheme or a tensor, or type numbers of your own."));
  }
  m_shown->setCurrentIndex(0);
  const core::quant::BlockExplanation& block = m_state.block();
  const BlockSetup& setup = *m_state.setup();
  m_source.adoptScheme(setup.scheme);
  m_value = std::min(m_value, static_cast<int>(block.fields.values) - 1);
  m_bytes->setBlock(block.fields, setup.bytes);
  m_bytes->setChosenValue(m_value);
  m_bit->setText(m_bytes->chosenText().isEmpty() ? m_bytes->legendText() : m_bytes->chosenText());
  m_restore->setEnabled(m_state.isEdited());
  const QString bits =
      text::bitsPerWeight(8.0 * static_cast<double>(setup.bytes.size()) / static_cast<double>(setup.weights.size()));
  m_origin->setText(QStringList{setup.origin.isEmpty() ? tr("typed numbers") : setup.origin,
                                QString::fromStdString(setup.scheme.displayName()),
                                tr("%1 weights in %2 bytes").arg(setup.weights.size()).arg(setup.bytes.size()), bits,
                                m_state.isEdited() ? tr("changed by hand") : QString()}
                        .join(QStringLiteral(" · "))
                        .remove(QRegularExpression(QStringLiteral(" · $"))));
  m_parameters->setLines(parameterLines(block));
  constexpr int kLevel = 2;
  m_weights->setColumnHidden(kLevel, block.step(core::quant::StepId::Level) == nullptr);
  m_weights->setLines(weightLines(block));
  if (m_weights->currentRow() != m_value) m_weights->selectRow(m_value);
  refreshFormula();
}

void BlockPage::refreshFormula() { m_formula->setText(decodingText(m_state.block(), m_value)); }

void BlockPage::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  m_across->setOrientation(width() < Theme::instance().px(760) ? Qt::Vertical : Qt::Horizontal);
}

}  // namespace app
