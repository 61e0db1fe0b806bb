#include "app/workspaces/chat/chat_ground.h"

namespace app {

AnswerSource ChatGround::source(std::size_t pane, PromptMode mode, std::vector<Message> messages,
                                const QString& writer) const {
  AnswerSource source;
  source.model = modelName;
  source.recipe = variants[pane].recipe;
  source.deviations = QString::fromStdString(variants[pane].deviations());
  source.title = titles[pane];
  source.device = QString::fromStdString(setup.panes[pane].device.toString());
  source.calibration = calibrations[pane];
  source.contextLength = setup.contextLength;
  source.kvType = setup.panes[pane].kv;
  source.options = options;
  source.mode = mode;
  source.history = history;
  source.messages = std::move(messages);
  source.writer = writer;
  if (variants[pane].server) source.device = QString::fromStdString(variants[pane].server->url);
  if (mode != PromptMode::Chat) return source;
  if (!variants[pane].server) source.templateValues = templateValues;  // a server has a template of its own
  if (!systemPrompt.isEmpty()) source.messages.insert(source.messages.begin(), {"system", systemPrompt.toStdString()});
  return source;
}

bool ChatGround::answersAs(const ChatGround& other) const {
  return setup.model == other.setup.model && setup.panes == other.setup.panes && setup.servers == other.setup.servers &&
         setup.contextLength == other.setup.contextLength && calibrations == other.calibrations &&
         options.sampling == other.options.sampling && options.maxTokens == other.options.maxTokens &&
         systemPrompt == other.systemPrompt && templateValues == other.templateValues;
}

bool ChatGround::wrote(const Answer& answer, std::size_t pane) const {
  return answer.isOf(variants[pane]) && answer.source.calibration == calibrations[pane];
}

}  // namespace app
