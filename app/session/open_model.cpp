#include "app/session/open_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/session/calibrate_model.h"
#include "app/session/demo_model.h"
#include "app/session/model_location.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/io/ollama_store.h"
#include "core/model/recipe/other_model.h"
#include "core/model/weight_requests.h"

namespace app {

namespace {

/// Ollama's own template is Go's; what it prints is not followed here.
std::string whyWithoutTemplate(const core::io::Checkpoint& checkpoint) {
  const bool isOfOllama = checkpoint.metadata().find(std::string(core::io::kOllamaKeys) + "template") != nullptr;
  return isOfOllama ? " carries no chat template but Ollama's, which is in another language (Go's), so it can continue "
                      "a text but not chat."
                    : " carries no chat template, so it can continue a text but not chat.";
}

/// Embeddings are padded by some rows or hundreds, and people add a few tokens that no embedding has; a tokenizer that
/// is farther from it was trained for something else.
bool isForeign(const core::text::Tokenizer& tokenizer, std::uint64_t rows) {
  constexpr std::uint64_t kAdded = 64, kPadded = 10000;
  const std::uint64_t tokens = tokenizer.size();
  return tokens > rows + kAdded || (tokens * 2 < rows && rows - tokens > kPadded);
}

}  // namespace

std::shared_ptr<OpenModel> OpenModel::open(const std::string& model, const core::JobContext& job) {
  auto opened = std::make_shared<OpenModel>();
  opened->m_source = model;
  const auto place = locateModel(model);
  opened->m_checkpoint = core::io::openCheckpoint(place, job);
  rememberOpen(opened->m_checkpoint, place);
  opened->m_identity = core::model::OtherModel(opened->m_checkpoint, model, {}).identity();
  opened->m_weights = std::make_unique<core::model::WeightLibrary>(opened->m_checkpoint);
  opened->readConfig();
  opened->readTokenizer();
  opened->readTemplate();
  if (opened->isDemo())
    opened->m_calibration->setDefault({"demo text", core::calibrate::CalibrationSettings().tokens, {}},
                                      [weak = std::weak_ptr(opened)] {
                                        const auto self = weak.lock();
                                        if (!self) throw core::Cancelled();  // closed before anybody asked
                                        return calibrationOf(*self, openText(std::string(kDemoText)), {}, {});
                                      });
  return opened;
}

core::quant::QuantizedTensorPtr OpenModel::tensor(std::size_t index) const {
  constexpr std::size_t kMostAssembled = 2;
  if (m_checkpoint->tensors()[index].assembly == core::io::Assembly::None)
    return core::quant::loadTensor(*m_checkpoint, index);
  {
    const std::lock_guard lock(m_assembledMutex);
    for (const Assembled& known : m_assembled)
      if (known.index == index) return known.tensor;
  }
  // Outside the lock: unpacking may take a while, and other tensors may be asked for meanwhile.
  auto tensor = core::quant::loadTensor(*m_checkpoint, index);
  const std::lock_guard lock(m_assembledMutex);
  m_assembled.push_back({index, tensor});
  if (m_assembled.size() > kMostAssembled) m_assembled.erase(m_assembled.begin());
  return tensor;
}

bool OpenModel::isDemo() const { return m_source == kDemoName || m_source == kSmoothDemoName; }

// What is wrong with one part of a file becomes the reason why that part cannot be used, not a reason not to open it.

void OpenModel::readConfig() {
  try {
    m_config = core::model::ModelConfig::fromCheckpoint(*m_checkpoint);
    m_config->usedContext = std::min(m_config->contextLength, kUsualContext);
    core::model::checkTensors(*m_checkpoint, *m_config);
    if (m_config->architecture->isEncoder)
      m_whyNoLogits = fmt::format(
          "{} is an encoder: it makes embeddings of whole texts and predicts no next token, so it cannot chat.",
          m_checkpoint->name());
  } catch (const core::Error& error) {
    m_whyNotComputable = error.what();
  }
}

void OpenModel::readTokenizer() {
  try {
    m_tokenizer = core::text::Tokenizer::fromCheckpoint(*m_checkpoint);
    if (!m_config || !isForeign(*m_tokenizer, m_config->vocabulary)) return;
    m_whyNoTokenizer = fmt::format("{} has an embedding of {} tokens and a tokenizer of {}: it is another model's.",
                                   m_checkpoint->name(), m_config->vocabulary, m_tokenizer->size());
    m_tokenizer = nullptr;
  } catch (const core::Error& error) {
    m_whyNoTokenizer = error.what();
  }
}

void OpenModel::readTemplate() {
  try {
    m_chatTemplate = core::text::ChatTemplate::fromCheckpoint(*m_checkpoint, m_tokenizer.get());
    if (!m_chatTemplate) m_whyNoTemplate = m_checkpoint->name() + whyWithoutTemplate(*m_checkpoint);
  } catch (const core::Error& error) {
    m_hasBrokenTemplate = true;
    m_whyNoTemplate = error.what();
  }
}

const std::optional<std::string>& OpenModel::whyCannotComplete() const {
  return whyNotRunnable() ? whyNotRunnable() : m_whyNoTokenizer;
}

std::optional<std::string> OpenModel::whyNoEmbedding() const {
  if (m_whyNotComputable) return m_whyNotComputable;
  if (!isEncoder())
    return fmt::format("{} predicts the next token: embeddings of texts are made by encoders.", m_checkpoint->name());
  return m_whyNoTokenizer;
}

const std::optional<std::string>& OpenModel::whyCannotChat() const {
  return whyCannotComplete() ? whyCannotComplete() : m_whyNoTemplate;
}

}  // namespace app
