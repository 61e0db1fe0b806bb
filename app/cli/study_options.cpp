#include "app/cli/study_options.h"

#include "app/cli/arguments.h"
#include "app/session/cache_folder.h"
#include "app/session/calibrate_model.h"
#include "app/session/evaluate_model.h"
#include "core/base/error.h"

namespace app::cli {

StudyRequest StudyOptions::request(const OpenModel& model, const std::string& builtIn) const {
  if (text.empty() && !model.isDemo())
    throw core::Error(core::ErrorCode::InvalidArgument,
                      "Only the built-in model has a text of its own; --text names one for another model.");
  StudyRequest request;
  const std::string& named = text.empty() ? builtIn : text;
  request.text = named == kCalibrationText ? openText("demo") : openEvaluationText(named);
  request.reading = reading;
  request.device = DeviceChoice::parse(device);
  request.kv = core::model::kvTypeOf(kvType);
  request.positions = positions;
  if (usesCache) request.cacheFolder = userCacheFolder();
  return request;
}

void addStudy(CLI::App& command, StudyOptions& options) {
  command
      .add_option("--text", options.text,
                  "A file (plain, or .jsonl of chats, whose answers are scored), demo, prose or calibration: the "
                  "built-in model's calibration text")
      ->check(CLI::Validator(whyEmpty, ""));
  command.add_option("--tokens", options.reading.tokens, "How much of the text is read, at most (0: everything)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 28))
      ->type_name("N");
  command.add_option("--context", options.reading.context, "Tokens of a window of running text (0: at most 512)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24))
      ->type_name("N");
  command.add_flag_callback(
      "--all-positions", [&options] { options.positions = StudyPositions::All; },
      "Score every prediction, not only those of answers or of the second half of a window");
  addDevice(command, options.device);
  addKvType(command, options.kvType);
  command.add_flag_callback(
      "--no-cache", [&options] { options.usesCache = false; }, "Neither use nor keep what was measured before");
}

}  // namespace app::cli
