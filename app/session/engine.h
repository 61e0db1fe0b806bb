#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/device_choice.h"
#include "core/io/checkpoint.h"
#include "core/model/session.h"
#include "core/quant/scheme.h"

namespace app {

/// An opened model with everything that sessions and views share. Immutable but for the caches inside.
class OpenModel {
 public:
  /// @param model a file, a folder or "demo"
  /// @throws core::Error with one sentence
  static std::shared_ptr<OpenModel> open(const std::string& model, const core::JobContext& job = core::JobContext());

  const core::io::Checkpoint& checkpoint() const { return *m_checkpoint; }
  std::shared_ptr<const core::io::Checkpoint> sharedCheckpoint() const { return m_checkpoint; }
  const std::string& source() const { return m_source; }  ///< what open() was given
  bool isDemo() const { return m_source == "demo"; }
  /// Nothing when it can chat; otherwise the sentence that says why not.
  const std::optional<std::string>& whyNotRunnable() const { return m_whyNotRunnable; }
  /// @pre runnable
  const core::model::ModelConfig& config() const { return *m_config; }
  std::shared_ptr<const core::text::Tokenizer> tokenizer() const { return m_tokenizer; }
  std::shared_ptr<const core::text::ChatTemplate> chatTemplate() const { return m_chatTemplate; }  ///< may be null
  core::model::WeightLibrary& weights() const { return *m_weights; }

 private:
  std::string m_source;
  std::shared_ptr<const core::io::Checkpoint> m_checkpoint;
  std::optional<core::model::ModelConfig> m_config;
  std::optional<std::string> m_whyNotRunnable;
  std::shared_ptr<const core::text::Tokenizer> m_tokenizer;
  std::shared_ptr<const core::text::ChatTemplate> m_chatTemplate;
  std::unique_ptr<core::model::WeightLibrary> m_weights;
};

/// Path of the built-in model: beside the executable, in the installed data folder, or in the source tree.
/// @throws core::Error (NotFound) naming the places looked at
std::filesystem::path demoModelPath();

/// Opens devices once and makes sessions on them. Used from the one inference thread only.
class Engine {
 public:
  struct SessionOptions {
    std::optional<core::quant::Scheme> scheme;  ///< none: the weights as stored
    DeviceChoice device;
    std::uint32_t contextLength = 0;  ///< 0: the model's own, at most 4096
    core::model::KvType kvType = core::model::KvType::F16;
  };
  Engine();
  ~Engine();
  /// @throws core::Error, core::Cancelled
  std::unique_ptr<core::model::Session> createSession(OpenModel& model, const SessionOptions& options,
                                                      const core::JobContext& job = core::JobContext());
  /// One executor, for logits and benchmarks.
  std::unique_ptr<core::model::Executor> createExecutor(OpenModel& model, const SessionOptions& options,
                                                        const core::JobContext& job = core::JobContext());

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace app
