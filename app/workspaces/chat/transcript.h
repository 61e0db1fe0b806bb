#pragma once
#include <QString>
#include <vector>

#include "core/model/session.h"

namespace app {

/// A conversation of all panes, with what is needed to repeat it.
struct Transcript {
  struct Pane {
    QString title;   ///< "NF4 · 64"
    QString scheme;  ///< its text form; empty for the weights as stored
    std::vector<core::text::ChatMessage> messages;
  };
  QString model;
  QString device;  ///< the choice: "auto", "cpu", "vulkan:0"
  QString systemPrompt;
  core::model::GenerationOptions options;
  std::vector<Pane> panes;  ///< the user's messages are the same in all
};

/// The conversation as Markdown: settings first, then every question with the answers of all panes. Numbers in the C
/// locale.
QString toMarkdown(const Transcript& transcript);

}  // namespace app
