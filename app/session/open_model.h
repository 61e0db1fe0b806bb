#pragma once
#include <memory>
#include <optional>
#include <string>

#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/weights.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

namespace app {

/// An opened model with everything that sessions and views share. Immutable but for the caches inside.
class OpenModel {
 public:
  /// @param model a file, a folder, "demo" or "demo-smooth"
  /// @throws core::Error with one sentence
  static std::shared_ptr<OpenModel> open(const std::string& model, const core::JobContext& job = core::JobContext());

  const core::io::Checkpoint& checkpoint() const { return *m_checkpoint; }
  std::shared_ptr<const core::io::Checkpoint> sharedCheckpoint() const { return m_checkpoint; }
  const std::string& source() const { return m_source; }  ///< what open() was given
  /// The built-in model or its twin.
  bool isDemo() const;
  /// Nothing when it can chat; otherwise the sentence that says why not.
  const std::optional<std::string>& whyNotRunnable() const { return m_whyNotRunnable; }
  /// @pre runnable
  const core::model::ModelConfig& config() const { return *m_config; }
  /// Null when the file has no tokenizer this program understands.
  std::shared_ptr<const core::text::Tokenizer> tokenizer() const { return m_tokenizer; }
  std::shared_ptr<const core::text::ChatTemplate> chatTemplate() const { return m_chatTemplate; }  ///< may be null
  core::model::WeightLibrary& weights() const { return *m_weights; }

 private:
  void prepareToRun();

  std::string m_source;
  std::shared_ptr<const core::io::Checkpoint> m_checkpoint;
  std::optional<core::model::ModelConfig> m_config;
  std::optional<std::string> m_whyNotRunnable;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  std::shared_ptr<const core::text::ChatTemplate> m_chatTemplate;
  std::unique_ptr<core::model::WeightLibrary> m_weights;
};

}  // namespace app
