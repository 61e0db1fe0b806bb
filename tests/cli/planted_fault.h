#pragma once
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "app/session/engine.h"
#include "app/session/trace_model.h"
#include "core/base/error.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_override.h"
#include "core/quant/quantizer.h"
#include "support/random_blocks.h"

/// One damaged number, or block, of a quantized model, that changes a word which the scheme alone does not.
struct PlantedFault {
  std::string scheme, question, tensor, what;
  core::quant::QuantizedTensorPtr damaged;
  std::size_t tries = 0;                            ///< until one changed a word
  std::uint64_t firstDamaged = 0, lastDamaged = 0;  ///< flat indices of weights it changes
};

/// Plants faults into the built-in model; the same seed gives the same fault.
class FaultPlanter {
 public:
  FaultPlanter(app::Engine& engine, app::OpenModel& model) : m_engine(engine), m_model(model) {}

  PlantedFault plant(std::uint64_t seed) {
    static const char* const kSchemes[] = {"int8", "int4:group=64", "nf4",  "q4_0",
                                           "q4_k", "int5:group=32", "q8_0", "q6_k"};
    static const char* const kQuestions[] = {"What is a zero-point?", "What is NF4?",
                                             "How many mantissa bits does FP32 have?", "What is GPTQ?",
                                             "Which has more range, FP16 or BF16?"};
    support::RandomNumbers random(1000 + seed);
    PlantedFault fault;
    fault.scheme = kSchemes[seed % std::size(kSchemes)];
    constexpr std::size_t kTriesPerQuestion = 25, kCodeTries = 150;
    for (std::size_t tries = 0;; ++tries) {
      if (tries % kTriesPerQuestion == 0) {
        fault.question = kQuestions[pick(random, std::size(kQuestions))];
        fault.damaged = nullptr;
        prepare(fault);
      }
      damage(fault, random,
             seed % 2 == 0                         ? Kind::Scale
             : seed % 4 == 1 || tries > kCodeTries ? Kind::Bytes
                                                   : Kind::Codes);
      fault.tries = tries + 1;
      if (fault.damaged && changesAWord(fault)) return fault;
    }
  }

 private:
  enum class Kind { Scale, Codes, Bytes };

  static std::size_t pick(support::RandomNumbers& random, std::size_t count) {
    return std::min(static_cast<std::size_t>(random.uniform() * static_cast<double>(count)), count - 1);
  }

  app::Variant variant(const PlantedFault& fault) const {
    app::Variant result;
    result.device = app::DeviceChoice::parse("cpu");
    result.recipe = core::quant::Scheme::parse(fault.scheme);
    if (fault.damaged) result.recipe.replacements[fault.tensor] = fault.damaged;
    return result;
  }

  /// The reference's answer, and which words the scheme alone leaves as they are.
  void prepare(const PlantedFault& fault) {
    app::Variant reference;
    reference.device = app::DeviceChoice::parse("cpu");
    const std::vector<core::text::ChatMessage> messages{{"user", fault.question}};
    m_tokens = app::tracePrompt(m_model, messages);
    m_prompt = m_tokens.size();
    const auto executor = m_engine.createExecutor(m_model, reference);
    core::trace::PartingSettings settings;
    settings.mostTokens = 30;
    settings.ends = [this](core::model::TokenId token) { return m_model.tokenizer()->isEndOfGeneration(token); };
    const auto answer = core::trace::findParting(*executor, *executor, m_tokens, settings).answer;
    m_tokens.insert(m_tokens.end(), answer.begin(), answer.end());
    m_wanted = words(*executor);
    const auto quantized = m_engine.createExecutor(m_model, variant(fault));
    m_undamaged = words(*quantized);
    m_weights.clear();
    for (const core::model::Op& op : quantized->graph().ops)
      if (op.kind() == core::model::OpKind::MatMul && op.as<core::model::MatMul>().weight->scheme)
        m_weights.push_back(op.as<core::model::MatMul>().weight);
  }

  /// Most probable tokens behind the prompt and behind each token of the answer.
  std::vector<core::model::TokenId> words(core::model::Executor& executor) const {
    const auto cache = executor.createKvCache(static_cast<std::uint32_t>(m_tokens.size()), core::model::KvType::F16);
    const std::size_t vocabulary = executor.graph().vocabulary();
    std::vector<float> logits(m_tokens.size() * vocabulary);
    executor.forward(m_tokens, *cache, core::model::LogitsWanted::AllTokens, logits);
    std::vector<core::model::TokenId> result;
    for (std::size_t row = m_prompt - 1; row < m_tokens.size(); ++row) {
      const auto first = logits.begin() + static_cast<std::ptrdiff_t>(row * vocabulary);
      result.push_back(static_cast<core::model::TokenId>(
          std::max_element(first, first + static_cast<std::ptrdiff_t>(vocabulary)) - first));
    }
    return result;
  }

  /// At the first word that it has otherwise than the reference, the scheme alone has the reference's.
  bool changesAWord(const PlantedFault& fault) {
    std::vector<core::model::TokenId> damaged;
    try {
      damaged = words(*m_engine.createExecutor(m_model, variant(fault)));
    } catch (const core::Error&) {
      return false;  // it computes no numbers any more
    }
    for (std::size_t i = 0; i < damaged.size(); ++i)
      if (damaged[i] != m_wanted[i]) return m_undamaged[i] == m_wanted[i];
    return false;
  }

  void damage(PlantedFault& fault, support::RandomNumbers& random, Kind kind) {
    const core::quant::QuantizedTensor& tensor = *m_weights[pick(random, m_weights.size())];
    const std::uint64_t row = pick(random, tensor.rows());
    const std::uint64_t block = pick(random, core::quant::blocksOfRow(tensor.scheme->format, tensor.shape, row));
    const auto stored = core::quant::explainStored(tensor, row, block);
    fault.tensor = tensor.name;
    fault.damaged = kind == Kind::Scale
                        ? withScale(tensor, row, block, stored, random, fault.what)
                        : withBlock(tensor, row, block, stored, random, kind == Kind::Bytes, fault.what);
    if (fault.damaged) noteRange(tensor, fault);
  }

  /// One exponent bit of a block's scale that makes it 4, 16, … times as large.
  static core::quant::QuantizedTensorPtr withScale(const core::quant::QuantizedTensor& tensor, std::uint64_t row,
                                                   std::uint64_t block, const core::quant::BlockExplanation& stored,
                                                   support::RandomNumbers& random, std::string& what) {
    using namespace core::quant;
    const auto field = std::ranges::find_if(stored.fields.fields, [](const BlockField& f) {
      return numberFormatOf(f.reading) != nullptr && f.role != FieldRole::Code && f.bits() >= 16;
    });
    if (field == stored.fields.fields.end()) return nullptr;
    const bool isLong = field->reading == FieldReading::Fp32;
    const std::uint32_t mantissa = isLong ? 23 : 10;
    const std::uint32_t bit = mantissa + 1 + static_cast<std::uint32_t>(pick(random, isLong ? 5 : 3));
    if ((bitsOf(*field, stored.bytes) >> bit & 1U) != 0) return nullptr;  // it would only become smaller
    what = "exponent bit " + std::to_string(bit - mantissa) + " of a scale";
    return withToggledBit(tensor, {row, block, static_cast<std::uint32_t>(field - stored.fields.fields.begin())}, bit);
  }

  /// The highest bit of all codes the other way round, or everything the block has for itself at random.
  static core::quant::QuantizedTensorPtr withBlock(const core::quant::QuantizedTensor& tensor, std::uint64_t row,
                                                   std::uint64_t block, const core::quant::BlockExplanation& stored,
                                                   support::RandomNumbers& random, bool isRandom, std::string& what) {
    using namespace core::quant;
    what = isRandom ? "random bits in a block" : "the highest bit of a block's codes";
    auto changed = std::make_shared<const QuantizedTensor>(tensor);
    for (std::uint32_t f = 0; f < stored.fields.fields.size(); ++f) {
      const BlockField& field = stored.fields.fields[f];
      const bool isOwn = field.role != FieldRole::Padding && field.sharedBy == 1;
      if (isRandom && isOwn)
        changed = withFieldBits(*changed, {row, block, f}, static_cast<std::uint64_t>(random.uniform() * 0x1p32));
      if (!isRandom && field.role == FieldRole::Code)
        changed = withToggledBit(*changed, {row, block, f}, field.bits() - 1);
    }
    return changed;
  }

  static void noteRange(const core::quant::QuantizedTensor& tensor, PlantedFault& fault) {
    const std::vector<float> before = core::quant::dequantize(tensor), after = core::quant::dequantize(*fault.damaged);
    fault.firstDamaged = before.size();
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] == after[i]) continue;
      fault.firstDamaged = std::min<std::uint64_t>(fault.firstDamaged, i);
      fault.lastDamaged = i;
    }
  }

  app::Engine& m_engine;
  app::OpenModel& m_model;
  std::vector<core::model::TokenId> m_tokens, m_wanted, m_undamaged;
  std::size_t m_prompt = 0;
  std::vector<core::quant::QuantizedTensorPtr> m_weights;
};
