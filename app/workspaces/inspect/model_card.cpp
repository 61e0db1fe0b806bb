#include "app/workspaces/inspect/model_card.h"

#include <QCoreApplication>
#include <QMap>
#include <QScrollBar>

#include "app/selection/tensor_text.h"
#include "app/session/embed_model.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/inspect/quantization_words.h"
#include "core/io/packed_weights.h"
#include "core/model/stored_axes.h"

namespace app {

namespace {

constexpr qsizetype kLongest = 400;
constexpr std::size_t kMostEntries = 1000, kMostWarnings = 20;

QString heading(const QString& text) { return QStringLiteral("<h3>%1</h3>").arg(text.toHtmlEscaped()); }

/// A row of a table: name, value.
QString row(const QString& name, const QString& value) {
  const QString shown = value.size() > kLongest ? value.left(kLongest) + u'…' : value;
  return QStringLiteral("<tr><td class=\"name\">%1</td><td>%2</td></tr>")
      .arg(name.toHtmlEscaped(), shown.toHtmlEscaped().replace(u'\n', QStringLiteral("<br>")));
}

QString table(const QString& rows) {
  return QStringLiteral("<table width=\"100%\" cellspacing=\"0\" cellpadding=\"3\">%1</table>").arg(rows);
}

/// What is packed in the file and how, if anything is.
QString packing(const core::io::Checkpoint& checkpoint) {
  QString rows;
  for (const QString& family : packedFamilies(checkpoint))
    rows += row(QCoreApplication::translate("ModelCard", "Packed"), family);
  if (const QString words = quantizationWords(checkpoint.metadata()); !words.isEmpty())
    rows += row(QCoreApplication::translate("ModelCard", "As config.json says"), words);
  return rows.isEmpty() ? QString() : heading(QCoreApplication::translate("ModelCard", "Quantization")) + table(rows);
}

}  // namespace

ModelCard::ModelCard(Selection& selection, QWidget* parent) : QTextBrowser(parent), m_selection(selection) {
  setFrameShape(QFrame::NoFrame);
  setOpenLinks(false);
  setAccessibleName(tr("Model card"));
  setObjectName(QStringLiteral("model-card"));
  setProperty("kind", QStringLiteral("page"));
  const auto refill = [this] {
    m_stale = true;
    if (isVisible()) fill();
  };
  connect(&m_selection, &Selection::modelChanged, this, refill);
  connect(&Theme::instance(), &Theme::changed, this, refill);
}

void ModelCard::showEvent(QShowEvent* event) {
  QTextBrowser::showEvent(event);
  if (m_stale) fill();
}

QString ModelCard::facts(const OpenModel& model) const {
  const auto& checkpoint = model.checkpoint();
  QString rows;
  // Where the file says what was done to its weights (the demo model's injected outliers), that comes first.
  if (const auto* about = checkpoint.metadata().find("general.description"))
    rows += row(tr("About"), QString::fromStdString(core::io::toDisplayText(*about)));
  if (checkpoint.kind() != core::io::ModelKind::Model)
    rows += row(tr("Kind"), QString::fromStdString(std::string(core::io::describe(checkpoint.kind()))));
  if (model.whyNotRunnable()) rows += row(tr("Chat"), QString::fromStdString(*model.whyNotRunnable()));
  rows += row(tr("Architecture"),
              checkpoint.architecture().empty() ? tr("unknown") : QString::fromStdString(checkpoint.architecture()));
  rows += row(tr("Parameters"),
              tr("%1 (%2)").arg(text::count(checkpoint.parameters()), text::shortCount(checkpoint.parameters())));
  rows += row(tr("Size"), text::bytes(checkpoint.fileBytes()));
  for (const auto& file : checkpoint.files()) rows += row(tr("File"), QString::fromStdString(file.string()));
  if (!model.whyNotComputable()) {
    const auto& config = model.config();
    rows += row(tr("Layers"), text::count(config.layers));
    rows += row(tr("Width"),
                config.feedForward == 0
                    ? text::count(config.width)
                    : tr("%1, feed-forward %2").arg(text::count(config.width), text::count(config.feedForward)));
    if (config.heads != 0)
      rows += row(tr("Heads"),
                  tr("%1 of %2, %3 for keys and values").arg(config.heads).arg(config.headSize).arg(config.kvHeads));
    if (const auto states = std::ranges::count(config.isRecurrent, 1U); states != 0)
      rows += row(tr("States"), tr("in %1 of %2 layers, instead of keys and values").arg(states).arg(config.layers));
    if (model.isEncoder())
      rows += row(tr("Embeddings"), tr("%1 values, pooling: %2; see Compare")
                                        .arg(text::count(config.width), QString::fromUtf8(nameOf(config.pooling))));
    rows += row(tr("Context"), tr("%1 tokens").arg(text::count(config.contextLength)));
    rows += row(tr("Vocabulary"), tr("%1 tokens").arg(text::count(config.vocabulary)));
  }
  return table(rows);
}

void ModelCard::fill() {
  m_stale = false;
  const ThemeColors& c = Theme::instance().colors();
  document()->setDefaultFont(Theme::instance().textFont());
  document()->setDocumentMargin(space::kHalf);
  document()->setDefaultStyleSheet(
      QStringLiteral("body { color: %1; } td.name { color: %2; padding-right: 16px; } .warning { color: %3; }")
          .arg(c.text.name(), c.textMuted.name(), c.warning.name()));
  QString html;
  if (const auto& model = m_selection.model()) {
    const auto& checkpoint = model->checkpoint();
    html += heading(QString::fromStdString(checkpoint.name()));
    const auto warnings = checkpoint.warnings();
    for (std::size_t i = 0; i < std::min(warnings.size(), kMostWarnings); ++i)
      html += QStringLiteral("<p class=\"warning\">⚠ %1</p>").arg(QString::fromStdString(warnings[i]).toHtmlEscaped());
    if (warnings.size() > kMostWarnings)
      html += QStringLiteral("<p class=\"warning\">%1</p>")
                  .arg(tr("… and %1 more warnings").arg(text::count(warnings.size() - kMostWarnings)));
    if (const auto note = core::model::describeInputFirst(checkpoint, model->choices()))
      html += QStringLiteral("<p class=\"warning\">⚠ %1</p>").arg(QString::fromStdString(*note).toHtmlEscaped());
    html += facts(*model) + packing(checkpoint);
    QMap<QString, std::uint64_t> sizes;
    const auto bytes = core::io::weightBytes(checkpoint);
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (bytes[i] != 0) sizes[typeText(checkpoint.tensors()[i])] += bytes[i];
    QString rows;
    for (auto it = sizes.constBegin(); it != sizes.constEnd(); ++it) rows += row(it.key(), text::bytes(it.value()));
    html += heading(tr("Size per type")) + table(rows);
    const auto entries = checkpoint.metadata().entries();
    rows.clear();
    for (std::size_t i = 0; i < std::min(entries.size(), kMostEntries); ++i)
      rows += row(QString::fromStdString(entries[i].key),
                  QString::fromStdString(core::io::toDisplayText(entries[i].value)));
    html += heading(tr("Metadata")) + table(rows);
    if (entries.size() > kMostEntries)
      html +=
          QStringLiteral("<p>%1</p>").arg(tr("… and %1 more entries").arg(text::count(entries.size() - kMostEntries)));
  }
  setHtml(html);
  verticalScrollBar()->setValue(0);
}

}  // namespace app
