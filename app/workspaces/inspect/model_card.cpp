#include "app/workspaces/inspect/model_card.h"

#include <QHBoxLayout>
#include <QMap>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr int kNameWidth = 210;
constexpr qsizetype kLongest = 400;
}  // namespace

ModelCard::ModelCard(Selection& selection, QWidget* parent) : QScrollArea(parent), m_selection(selection) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setAccessibleName(tr("Model card"));
  connect(&m_selection, &Selection::modelChanged, this, [this] {
    m_stale = true;
    if (isVisible()) fill();
  });
}

void ModelCard::showEvent(QShowEvent* event) {
  QScrollArea::showEvent(event);
  if (m_stale) fill();
}

void ModelCard::addHeading(const QString& text) {
  m_column->addSpacing(space::kHalf);
  m_column->addWidget(new Label(Label::Style::Heading, text));
}

void ModelCard::addRow(const QString& name, const QString& value) {
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kTwo);
  auto* left = new Label(Label::Style::Hint, name);
  left->setFixedWidth(kNameWidth);
  left->setElide(Qt::ElideMiddle);
  auto* right =
      new Label(Label::Style::Body, value.size() > kLongest ? value.left(kLongest) + QStringLiteral("…") : value);
  right->setTextFormat(Qt::PlainText);
  right->setWrapping();
  right->setTextInteractionFlags(Qt::TextSelectableByMouse);
  row->addWidget(left, 0, Qt::AlignTop);
  row->addWidget(right, 1);
  m_column->addLayout(row);
}

void ModelCard::fill() {
  m_stale = false;
  auto* page = new QWidget;
  m_column = new QVBoxLayout(page);
  m_column->setContentsMargins(space::kHalf, space::kHalf, space::kTwo, space::kTwo);
  m_column->setSpacing(space::kHalf);
  if (const auto& model = m_selection.model()) {
    const auto& checkpoint = model->checkpoint();
    addHeading(QString::fromStdString(checkpoint.name()));
    // Where the file says what was done to its weights (the demo model's injected outliers), that comes first.
    const auto* about = checkpoint.metadata().find("general.description");
    if (about != nullptr) addRow(tr("About"), QString::fromStdString(core::io::toDisplayText(*about)));
    if (model->whyNotRunnable()) addRow(tr("Chat"), QString::fromStdString(*model->whyNotRunnable()));
    if (model->whyNoTokenizer()) addRow(tr("Tokenizer"), QString::fromStdString(*model->whyNoTokenizer()));
    if (model->hasBrokenTemplate() || (model->whyNoTemplate() && !model->whyCannotComplete()))
      addRow(tr("Chat template"), QString::fromStdString(*model->whyNoTemplate()));
    addRow(tr("Architecture"),
           checkpoint.architecture().empty() ? tr("unknown") : QString::fromStdString(checkpoint.architecture()));
    addRow(tr("Parameters"),
           tr("%1 (%2)").arg(text::count(checkpoint.parameters()), text::shortCount(checkpoint.parameters())));
    addRow(tr("File"), text::bytes(checkpoint.fileBytes()));
    if (!model->whyNotRunnable()) {
      const auto& config = model->config();
      addRow(tr("Layers"), text::count(config.layers));
      addRow(tr("Width"), tr("%1, feed-forward %2").arg(text::count(config.width), text::count(config.feedForward)));
      addRow(tr("Heads"),
             tr("%1 of %2, %3 for keys and values").arg(config.heads).arg(config.headSize).arg(config.kvHeads));
      addRow(tr("Context"), tr("%1 tokens").arg(text::count(config.contextLength)));
      addRow(tr("Vocabulary"), tr("%1 tokens").arg(text::count(config.vocabulary)));
    }
    QMap<QString, std::uint64_t> sizes;
    for (const auto& tensor : checkpoint.tensors())
      sizes[QString::fromUtf8(core::tensor::name(tensor.dtype).data()).toUpper()] += tensor.bytes;
    addHeading(tr("Size per type"));
    for (auto it = sizes.constBegin(); it != sizes.constEnd(); ++it) addRow(it.key(), text::bytes(it.value()));
    addHeading(tr("Metadata"));
    for (const auto& entry : checkpoint.metadata().entries()) {
      addRow(QString::fromStdString(entry.key), QString::fromStdString(core::io::toDisplayText(entry.value)));
    }
  }
  m_column->addStretch(1);
  setWidget(page);
  page->setAutoFillBackground(false);
  viewport()->setAutoFillBackground(false);
}

}  // namespace app
