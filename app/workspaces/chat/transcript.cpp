#include "app/workspaces/chat/transcript.h"

#include <QCoreApplication>
#include <QStringList>

namespace app {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Transcript", text); }

QString settingsLine(const core::model::GenerationOptions& options) {
  const auto& s = options.sampling;
  return tr("Sampling: temperature %1, top-k %2, top-p %3, min-p %4, repetition penalty %5, seed %6, at most %7 tokens")
      .arg(QString::number(static_cast<double>(s.temperature)), QString::number(s.topK),
           QString::number(static_cast<double>(s.topP)), QString::number(static_cast<double>(s.minP)),
           QString::number(static_cast<double>(s.repetitionPenalty)), QString::number(s.seed),
           QString::number(options.maxTokens));
}

}  // namespace

QString toMarkdown(const Transcript& transcript) {
  QStringList titles;
  for (const auto& pane : transcript.panes) titles.append(pane.title);
  QStringList lines{QStringLiteral("# %1: %2").arg(transcript.model, titles.join(QStringLiteral(" | "))), QString()};
  for (const auto& pane : transcript.panes) {
    lines.append(QStringLiteral("- %1: %2")
                     .arg(pane.title, pane.scheme.isEmpty() ? tr("the weights as stored")
                                                            : QStringLiteral("`%1`").arg(pane.scheme)));
  }
  lines.append(QStringLiteral("- ") + tr("Device: %1").arg(transcript.device));
  lines.append(QStringLiteral("- ") + settingsLine(transcript.options));
  if (!transcript.systemPrompt.isEmpty())
    lines.append(QStringLiteral("- ") + tr("System prompt: %1").arg(transcript.systemPrompt));
  const std::size_t messages = transcript.panes.empty() ? 0 : transcript.panes.front().messages.size();
  for (std::size_t i = 0; i < messages; ++i) {
    for (const auto& pane : transcript.panes) {
      if (i >= pane.messages.size()) continue;
      const bool asked = pane.messages[i].role == "user";
      if (asked && &pane != &transcript.panes.front()) continue;
      lines.append({QString(), asked ? QStringLiteral("## ") + tr("Question") : QStringLiteral("### ") + pane.title,
                    QString(), QString::fromStdString(pane.messages[i].content)});
    }
  }
  return lines.join(u'\n') + u'\n';
}

}  // namespace app
