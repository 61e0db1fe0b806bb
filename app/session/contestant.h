#pragma once
#include <memory>
#include <optional>
#include <string>

#include "app/session/engine.h"
#include "app/session/kept_blocks.h"
#include "core/evaluate/comparison_statistics.h"
#include "core/evaluate/logit_stream.h"

namespace app {

/// A variant that reads a text, made when a block of it is not known yet: weights that were measured before are not
/// made again.
class VariantReader {
 public:
  /// @param model, engine outlive this
  VariantReader(OpenModel& model, Engine& engine, Variant variant, core::evaluate::LogitStreamOptions options)
      : m_model(model), m_engine(engine), m_variant(std::move(variant)), m_options(options) {}

  const Variant& variant() const { return m_variant; }
  /// @throws core::Error as Engine::createExecutor; core::Cancelled
  core::evaluate::LogitStream& stream(const core::JobContext& job);
  bool isMade() const { return m_stream != nullptr; }

 private:
  OpenModel& m_model;
  Engine& m_engine;
  Variant m_variant;
  core::evaluate::LogitStreamOptions m_options;
  std::unique_ptr<core::model::Executor> m_executor;
  std::unique_ptr<core::evaluate::LogitStream> m_stream;
};

/// One that is compared with the reference: what reads, what is known of it.
struct Contestant {
  std::unique_ptr<VariantReader> reader;  ///< null: the reference itself
  KeptBlocks kept;
  std::string noise;  ///< how it differs from the reference where it only measures noise; else empty
  core::evaluate::ComparisonStatistics statistics = {};
  std::string failure = {};  ///< why it cannot run
};

/// All that the figures of a comparison depend on, as far as variants say it: the text, the other model's and the
/// importance's identity, the calibration where a scheme looks at data, the devices that can be chosen. Nothing for
/// recipes with replaced tensors, which no text identifies.
std::optional<std::string> identityOf(const OpenModel& model, const Variant& variant);

}  // namespace app
