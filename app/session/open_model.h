#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/session/error_store.h"
#include "app/session/model_calibration.h"
#include "core/io/checkpoint.h"
#include "core/model/config.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

namespace app {

/// Positions that a model is run with where nobody says how many; a model that has fewer is run with its own.
inline constexpr std::uint32_t kUsualContext = 4096;

/// An opened model with everything that sessions and views share. Immutable but for the caches inside.
class OpenModel {
 public:
  /// @param model a file, a folder, "ollama:NAME", "demo" or "demo-smooth"
  /// @throws core::Error with one sentence
  static std::shared_ptr<OpenModel> open(const std::string& model, const core::JobContext& job = core::JobContext());

  const core::io::Checkpoint& checkpoint() const { return *m_checkpoint; }
  std::shared_ptr<const core::io::Checkpoint> sharedCheckpoint() const { return m_checkpoint; }
  /// One of its weights; of packed ones the last few are remembered, for views ask again and again.
  /// @throws core::Error as core::quant::loadTensor
  core::quant::QuantizedTensorPtr tensor(std::size_t index) const;
  const std::string& source() const { return m_source; }  ///< what open() was given
  /// Equal for the same files, unchanged, however often they are opened: of the moment they were.
  const std::string& identity() const { return m_identity; }
  /// The built-in model or its twin.
  bool isDemo() const;

  // What can be done with the file. Each answer asks only for what it needs: computing logits needs no tokenizer,
  // tokenizing no weights, and a broken template blocks only the template.

  /// Nothing when token ids give what the model makes of them, be it an encoder; otherwise the sentence that says why
  /// not.
  const std::optional<std::string>& whyNotComputable() const { return m_whyNotComputable; }
  /// Nothing when token ids give logits of the next one; otherwise why not: it cannot be computed, or is an encoder.
  const std::optional<std::string>& whyNotRunnable() const {
    return m_whyNotComputable ? m_whyNotComputable : m_whyNoLogits;
  }
  /// Whether it makes embeddings of texts. @pre !whyNotComputable()
  bool isEncoder() const { return m_whyNoLogits.has_value(); }
  /// Nothing when a text can be computed, by a decoder or an encoder; otherwise why not.
  const std::optional<std::string>& whyCannotRead() const {
    return m_whyNotComputable ? m_whyNotComputable : m_whyNoTokenizer;
  }
  /// Nothing when a text gives an embedding; otherwise why not.
  std::optional<std::string> whyNoEmbedding() const;
  /// Nothing when text becomes tokens and back; otherwise why not.
  const std::optional<std::string>& whyNoTokenizer() const { return m_whyNoTokenizer; }
  /// Nothing when a conversation becomes a prompt; otherwise why not: there is no template, or it does not work.
  const std::optional<std::string>& whyNoTemplate() const { return m_whyNoTemplate; }
  /// The file has a chat template, but it does not work. Then a prompt is continued as it is only on request.
  bool hasBrokenTemplate() const { return m_hasBrokenTemplate; }
  /// Nothing when a text can be continued (graph and tokenizer); otherwise why not.
  const std::optional<std::string>& whyCannotComplete() const;
  /// Nothing when it can chat (graph, tokenizer and template); otherwise why not.
  const std::optional<std::string>& whyCannotChat() const;

  /// @pre !whyNotComputable()
  const core::model::ModelConfig& config() const { return *m_config; }
  std::shared_ptr<const core::text::Tokenizer> tokenizer() const { return m_tokenizer; }           ///< may be null
  std::shared_ptr<const core::text::ChatTemplate> chatTemplate() const { return m_chatTemplate; }  ///< may be null
  core::model::WeightLibrary& weights() const { return *m_weights; }
  /// What schemes were found to do to its tensors.
  ErrorStore& errors() const { return *m_errors; }
  /// What its schemes are calibrated with; the built-in model has its text from the start.
  ModelCalibration& calibration() const { return *m_calibration; }
  /// What a scheme does to each tensor of the checkpoint.
  const std::vector<core::model::TensorChoice>& choices() const { return m_weights->choices(); }

 private:
  struct Assembled {
    std::size_t index;
    core::quant::QuantizedTensorPtr tensor;
  };
  void readConfig();
  void readTokenizer();
  void readTemplate();

  std::string m_source, m_identity;
  std::shared_ptr<const core::io::Checkpoint> m_checkpoint;
  std::optional<core::model::ModelConfig> m_config;
  std::optional<std::string> m_whyNotComputable, m_whyNoLogits, m_whyNoTokenizer, m_whyNoTemplate;
  bool m_hasBrokenTemplate = false;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  std::shared_ptr<const core::text::ChatTemplate> m_chatTemplate;
  std::unique_ptr<core::model::WeightLibrary> m_weights;
  mutable std::mutex m_assembledMutex;
  mutable std::vector<Assembled> m_assembled;  ///< the newest last
  std::unique_ptr<ErrorStore> m_errors = std::make_unique<ErrorStore>();
  std::unique_ptr<ModelCalibration> m_calibration = std::make_unique<ModelCalibration>();
};

}  // namespace app
