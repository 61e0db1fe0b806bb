#include "app/workspaces/quantize/parameter_cards.h"

#include <QPainter>
#include <QStringList>
#include <QVBoxLayout>

#include "app/pictures/block_field_style.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_block.h"

namespace app {
namespace {

using core::quant::ExplanationParameter;

/// A quiet tile with the colour of its field at the left.
class Tile final : public QWidget {
 public:
  void setRole(core::quant::FieldRole role) {
    m_role = role;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(Theme::instance().colors().window);
    painter.drawRoundedRect(QRectF(rect()), space::kRadiusSmall, space::kRadiusSmall);
    painter.fillRect(QRectF(0, space::kHalf, 3, height() - 2 * space::kHalf), blockFieldColor(m_role));
  }

 private:
  core::quant::FieldRole m_role = core::quant::FieldRole::Scale;
};

bool covers(const ExplanationParameter& parameter, std::size_t value) {
  return value >= parameter.firstValue && value < std::size_t{parameter.firstValue} + parameter.valueCount;
}

QString storageText(const ExplanationParameter& parameter) {
  const QString as = QString::fromStdString(parameter.storedAs);
  if (parameter.bits == 0) return as.isEmpty() ? ParameterCards::tr("not stored: it follows") : as;
  return ParameterCards::tr("%1, %n bits", nullptr, static_cast<int>(parameter.bits)).arg(as);
}

/// Formulas have few blanks: they may break behind an operator or a bracket, too.
QString breakable(QString formula) {
  constexpr QChar kBreak(0x200B);
  for (const char16_t after : {u'/', u'·', u'('}) formula.replace(QChar(after), QString(QChar(after)) + kBreak);
  return formula;
}

/// Levels of a code book, for example: many numbers with one meaning, which share a card.
bool isLike(const ExplanationParameter& a, const ExplanationParameter& b) {
  return a.role == b.role && a.storedAs == b.storedAs && a.bits == b.bits && a.meaning == b.meaning &&
         a.formula == b.formula && a.search == b.search && a.numbers.empty() && b.numbers.empty();
}

QString valueText(const ExplanationParameter& parameter) {
  return QStringLiteral("%1 = %2").arg(QString::fromStdString(parameter.symbol), text::trimmed(parameter.stored, 7));
}

void put(Label* label, const std::string& text) {
  label->setText(breakable(QString::fromStdString(text)));
  label->setVisible(!text.empty());
}

}  // namespace

ParameterCards::ParameterCards(QWidget* parent) : QScrollArea(parent), m_note(new Label(Label::Style::Hint)) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("What the weights of the block have in common"));
  auto* content = new QWidget;
  m_column = new QVBoxLayout(content);
  m_column->setContentsMargins(0, 0, space::kHalf, 0);
  m_column->setSpacing(space::kOne);
  m_note->setWrapping();
  m_column->addWidget(m_note);
  m_column->addStretch(1);
  setWidget(content);
  viewport()->setAutoFillBackground(false);
  content->setAutoFillBackground(false);
}

ParameterCards::CardLabels& ParameterCards::card(std::size_t index) {
  while (m_cards.size() <= index) {
    auto* tile = new Tile;
    auto* column = new QVBoxLayout(tile);
    column->setContentsMargins(space::kOneHalf, space::kOne, space::kOne, space::kOne);
    column->setSpacing(2);
    CardLabels labels{tile,
                      new Label(Label::Style::Number),
                      new Label(Label::Style::Hint),
                      new Label(Label::Style::Number),
                      new Label(Label::Style::Number),
                      new Label(Label::Style::Hint)};
    labels.value->setElide(Qt::ElideRight);
    column->addWidget(labels.value);
    for (Label* label : {labels.meaning, labels.formula, labels.numbers, labels.search}) {
      label->setWrapping();
      label->setTextInteractionFlags(Qt::TextSelectableByMouse);
      column->addWidget(label);
    }
    m_column->insertWidget(static_cast<int>(m_cards.size()), tile);
    m_cards.push_back(labels);
  }
  return m_cards[index];
}

void ParameterCards::fill(CardLabels& labels, std::span<const ExplanationParameter> alike) {
  const ExplanationParameter& first = alike.front();
  static_cast<Tile*>(labels.frame)->setRole(first.role);
  labels.meaning->setText(QStringLiteral("%1 · %2").arg(storageText(first), QString::fromStdString(first.meaning)));
  put(labels.formula, first.formula);
  put(labels.search, first.search);
  if (alike.size() == 1) {
    labels.value->setText(valueText(first));
    put(labels.numbers, first.numbers);
  } else {
    labels.value->setText(QString::fromStdString(first.symbol + " … " + alike.back().symbol));
    QStringList numbers;
    for (const ExplanationParameter& parameter : alike) numbers << valueText(parameter);
    put(labels.numbers, numbers.join(u'\n').toStdString());
  }
  labels.frame->show();
}

void ParameterCards::showBlock(const LabBlock& block, std::size_t shownIndex) {
  const auto& parameters = block.explanation.parameters;
  std::size_t used = 0, shown = 0;
  for (std::size_t first = 0, end = 0; first < parameters.size(); first = end) {
    end = first + 1;
    if (!covers(parameters[first], block.offset + shownIndex)) continue;
    while (end < parameters.size() && covers(parameters[end], block.offset + shownIndex) &&
           isLike(parameters[first], parameters[end]))
      ++end;
    shown += end - first;
    fill(card(used++), std::span(parameters).subspan(first, end - first));
  }
  QStringList notes;
  const std::size_t others = parameters.size() - shown;
  if (others > 0)
    notes << tr("%n more belong to other weights: choose one of those.", nullptr, static_cast<int>(others));
  for (const std::string& note : block.explanation.notes) notes << QString::fromStdString(note);
  m_note->setText(notes.join(u'\n'));
  m_note->setVisible(!notes.isEmpty());
  for (std::size_t i = used; i < m_cards.size(); ++i) m_cards[i].frame->hide();
}

QString ParameterCards::text() const {
  QStringList lines;
  for (const CardLabels& labels : m_cards) {
    if (labels.frame->isHidden()) continue;
    for (const Label* label : {labels.value, labels.meaning, labels.formula, labels.numbers})
      if (!label->isHidden()) lines << label->text();
  }
  return lines.join(u'\n').remove(QChar(0x200B));
}

}  // namespace app
