#include "app/session/open_model.h"

#include <filesystem>

#include "app/session/demo_model.h"
#include "core/base/error.h"

namespace app {

namespace {

std::shared_ptr<const core::text::ChatTemplate> readChatTemplate(const core::io::Checkpoint& checkpoint,
                                                                 const core::text::Tokenizer& tokenizer) {
  const auto source = checkpoint.metadata().string("tokenizer.chat_template");
  if (!source) return nullptr;
  const auto text = [&](std::optional<core::text::TokenId> id) { return id ? tokenizer.piece(*id) : std::string(); };
  return std::make_shared<core::text::ChatTemplate>(*source, text(tokenizer.bos()), text(tokenizer.eos()));
}

}  // namespace

std::shared_ptr<OpenModel> OpenModel::open(const std::string& model, const core::JobContext& job) {
  auto opened = std::make_shared<OpenModel>();
  opened->m_source = model;
  const bool builtIn = model == kDemoName || model == kSmoothDemoName;
  opened->m_checkpoint =
      core::io::openCheckpoint(builtIn ? builtInModelPath(model) : std::filesystem::path(model), job);
  opened->m_weights = std::make_unique<core::model::WeightLibrary>(opened->m_checkpoint);
  opened->m_whyNotRunnable = core::model::whyNotRunnable(*opened->m_checkpoint);
  if (!opened->m_whyNotRunnable) opened->prepareToRun();
  return opened;
}

bool OpenModel::isDemo() const { return m_source == kDemoName || m_source == kSmoothDemoName; }

// A file that cannot be run still opens for inspection, so what is wrong with its tokenizer becomes the reason why it
// cannot chat rather than a reason not to open it.
void OpenModel::prepareToRun() {
  try {
    m_config = core::model::ModelConfig::fromCheckpoint(*m_checkpoint);
    if (!m_checkpoint->metadata().string("tokenizer.ggml.model")) return;
    m_tokenizer = core::text::Tokenizer::fromCheckpoint(*m_checkpoint);
    m_chatTemplate = readChatTemplate(*m_checkpoint, *m_tokenizer);
  } catch (const core::Error& error) {
    m_whyNotRunnable = error.what();
  }
}

}  // namespace app
