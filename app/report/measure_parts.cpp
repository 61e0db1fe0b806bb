#include "app/report/measure_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/session/cache_folder.h"
#include "app/session/engine.h"
#include "app/session/evaluate_model.h"
#include "app/workspaces/compare/compare_measurement.h"
#include "core/base/error.h"

namespace app::report {

namespace {

using core::JobContext;

constexpr std::uint32_t kSensitivityTokens = 1024;  ///< every tensor costs a pass over them
constexpr std::size_t kMostTensors = 64;            ///< that are measured one by one; more: layers and roles
constexpr std::uint32_t kMemoryContext = 512;

[[noreturn]] void unsupported(const std::string& why) { throw core::Error(core::ErrorCode::Unsupported, why); }

class PartMeter {
 public:
  explicit PartMeter(const ReportData& data)
      : m_data(data),
        m_model(*data.model),
        m_settings(data.request.parts),
        m_device(DeviceChoice::parse(data.request.device.toStdString())) {}

  void measure(Part part, Parts& parts, const JobContext& job) {
    switch (part) {
      case Part::Evaluation:
        parts.evaluation = evaluation(job);
        break;
      case Part::Tasks:
        parts.tasks = tasks(job);
        break;
      case Part::Sensitivity:
        measureSensitivities(parts, job);
        break;
      case Part::Memory:
        measureMemory(parts, job);
        break;
      case Part::Trace:
        measureTrace(parts, job);
        break;
    }
  }

 private:
  Variant stored() const { return {{}, m_device, core::model::KvType::F16}; }
  Variant reference() const { return m_settings.reference.value_or(stored()); }
  Variant variantOf(const core::model::Recipe& recipe) const { return {recipe, m_device, core::model::KvType::F16}; }
  core::model::Recipe looked() const { return m_settings.looked.value_or(coarsestOf(m_data)); }

  std::vector<Variant> recipes() const {
    std::vector<Variant> variants;
    for (const Treatment& treatment : m_data.treatments)
      if (Variant variant = variantOf(treatment.recipe); !(variant == stored())) variants.push_back(std::move(variant));
    return variants;
  }

  /// The recipes, then what else was named, but for the reference.
  std::vector<Variant> compared() const {
    std::vector<Variant> variants = recipes();
    for (const Variant& variant : m_settings.variants)
      if (std::ranges::find(variants, variant) == variants.end()) variants.push_back(variant);
    std::erase(variants, reference());
    return variants;
  }

  core::calibrate::CalibrationText text() const {
    if (m_settings.text.isEmpty() && !m_model.isDemo())
      unsupported("Only the built-in model has a text of its own; no text was named for this one.");
    return openEvaluationText(m_settings.text.isEmpty() ? "demo" : m_settings.text.toStdString());
  }

  Evaluation evaluation(const JobContext& job) {
    EvaluationRequest request;
    request.reference = reference();
    request.compared = compared();
    request.text = text();
    request.reading.tokens = m_settings.tokens;
    request.cacheFolder = userCacheFolder();
    return evaluateModel(m_model, m_engine, request, {}, job);
  }

  TaskEvaluation tasks(const JobContext& job) {
    if (m_settings.tasks.isEmpty() && !m_model.isDemo())
      unsupported("Only the built-in model has questions of its own; no file of tasks was named for this one.");
    const std::string named = m_settings.tasks.isEmpty() ? "demo" : m_settings.tasks.toStdString();
    return evaluateTasks(m_model, m_engine, {reference(), compared(), openTaskList(named), userCacheFolder()}, {}, job);
  }

  void measureSensitivities(Parts& parts, const JobContext& job) {
    using core::evaluate::Level;
    StudyRequest request;
    request.text = text();
    request.reading.tokens =
        m_settings.tokens == 0 ? kSensitivityTokens : std::min(m_settings.tokens, kSensitivityTokens);
    request.device = m_device;
    request.positions = StudyPositions::All;
    request.cacheFolder = userCacheFolder();
    DivergenceStudy study(m_model, m_engine, std::move(request), job.part(0.0, 0.1));
    SensitivityRequest asked;
    asked.recipe = looked();
    asked.levels =
        m_data.blockMatrices <= kMostTensors ? std::vector{Level::Tensor} : std::vector{Level::Layer, Level::Role};
    parts.sensitivity = measureSensitivity(study, asked, {}, job.part(0.1, 1.0));
    parts.sensitivityTextHash = QString::fromStdString(fmt::format("{:016x}", study.reading().hash));
  }

  void measureMemory(Parts& parts, const JobContext& job) {
    if (const auto why = m_model.whyNotRunnable()) unsupported(*why);
    const auto devices = devicesHere();
    parts.memoryQuestion = {.context = std::min(kMemoryContext, m_model.config().contextLength)};
    std::vector<Variant> variants = recipes();
    variants.insert(variants.begin(), stored());
    std::vector<MemoryRow> rows;
    for (std::size_t i = 0; i < variants.size(); ++i) {
      const double from = static_cast<double>(i) / static_cast<double>(variants.size()),
                   to = static_cast<double>(i + 1) / static_cast<double>(variants.size());
      try {
        rows.push_back(memoryRow(variants[i], devices, parts.memoryQuestion, job.part(from, to)));
      } catch (const core::Error&) {
        if (i == 0) throw;  // what a scheme cannot do, its row of another section says
      }
    }
    parts.memory = std::move(rows);
  }

  MemoryRow memoryRow(const Variant& variant, const std::vector<PlannedDevice>& devices, const MemoryQuestion& question,
                      const JobContext& job) {
    const DeviceMeasurement measured = measureOnDevice(m_model, m_engine, variant, question.context, job);
    PlannedDevice device{.name = measured.device, .kind = PlannedDevice::Kind::Host};
    for (const PlannedDevice& known : devices) {
      const bool isNamed = m_device.kind == DeviceChoice::Kind::Vulkan && m_device.index != DeviceChoice::kAnyIndex;
      const bool isThis = known.kind == PlannedDevice::Kind::Vulkan &&
                          (isNamed ? known.index == m_device.index : known.name == measured.device);
      if (isThis || (known.kind == PlannedDevice::Kind::Host && device.kind == PlannedDevice::Kind::Host))
        device = known;
    }
    MemoryRow row;
    row.recipe = variant.recipe;
    row.device = QString::fromStdString(measured.device);
    row.model = planModel(m_model, variant.recipe, job.part(1.0, 1.0));
    row.plan = planOn(row.model, device, question);
    row.residentBytes = measured.residentBytes, row.kvBytes = measured.kvBytes;
    return row;
  }

  /// The first answer on the page that another scheme words otherwise.
  void findPrompt(TraceRequest& request, QString& prompt) const {
    const Answers& answers = m_data.answers;
    for (std::size_t column = 1; column < answers.columns.size(); ++column) {
      const AnswerColumn& one = answers.columns[column];
      for (std::size_t i = 0; one.whyNot.isEmpty() && i < one.answers.size(); ++i) {
        const auto& tokens = one.answers[i].tokens;
        if (std::ranges::none_of(tokens, [](const AnswerToken& token) { return token.mark == TokenMark::Parts; }))
          continue;
        request.compared = variantOf(*one.recipe);
        prompt = answers.prompts[i];
        return;
      }
    }
    unsupported(answers.columns.empty() ? "Without answers there is no word to follow."
                                        : "No answer on this page parts from that of the stored model: there is no "
                                          "word to follow.");
  }

  void measureTrace(Parts& parts, const JobContext& job) {
    TraceRequest request;
    request.reference = reference();
    QString prompt = m_settings.prompt;
    if (prompt.isEmpty())
      findPrompt(request, prompt);
    else
      request.compared = variantOf(looked());
    const std::vector<core::text::ChatMessage> messages{{"user", prompt.toStdString()}};
    request.prompt =
        m_model.whyCannotChat() ? tracePrompt(m_model, prompt.toStdString()) : tracePrompt(m_model, messages);
    Trace trace = traceModel(m_engine, m_model, request, {}, job);
    if (!trace.search.found)
      unsupported("Both give the same answer to the prompt that was to be followed: no word parts.");
    parts.trace = std::move(trace);
    parts.tracedPrompt = prompt;
  }

  const ReportData& m_data;
  OpenModel& m_model;
  const PartSettings& m_settings;
  DeviceChoice m_device;
  Engine m_engine;
};

}  // namespace

core::model::Recipe coarsestOf(const ReportData& data) {
  const SchemeSummary* coarsest = nullptr;
  for (const SchemeSummary& summary : data.summaries)
    if (summary.meanSqnrDb && std::isfinite(*summary.meanSqnrDb) &&
        (coarsest == nullptr || *summary.meanSqnrDb < *coarsest->meanSqnrDb))
      coarsest = &summary;
  return coarsest != nullptr ? coarsest->recipe : data.treatments.front().recipe;
}

Parts measureParts(const ReportData& data, const JobContext& job) {
  Parts parts;
  PartMeter meter(data);
  const auto& asked = data.request.parts.parts;
  double done = 0;
  for (const Part part : asked) {
    const auto count = static_cast<double>(asked.size());
    const auto share = job.part(done / count, (done + 1) / count);
    share.progress(0, wordOf(part).toStdString());
    try {
      meter.measure(part, parts, share);
    } catch (const core::Error& error) {
      parts.whyNot[part] = QString::fromUtf8(error.what());
    }
    ++done;
  }
  return parts;
}

}  // namespace app::report
