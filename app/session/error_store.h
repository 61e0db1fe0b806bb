#pragma once
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "app/session/scheme_error.h"

namespace app {

/// What schemes were found to do to the tensors of one opened model, so that nothing is measured twice: in memory, and
/// after keepIn() in a file that outlives the program. Thread-safe. What cannot be read or written is measured again;
/// nothing here fails.
class ErrorStore {
 public:
  static constexpr std::uint64_t kMostFolderBytes = 64 << 20;  ///< the files used longest ago make room
  static constexpr std::uint64_t kMostFileBytes = 16 << 20;

  ErrorStore() = default;
  ErrorStore(const ErrorStore&) = delete;
  ErrorStore& operator=(const ErrorStore&) = delete;

  /// Takes up what was kept of this model and keeps what follows. A kept error is of these files (path, size, time of
  /// change), these tensors (name, shape, type, place) and this build of the program, or it is not used. A model whose
  /// files changed after `openedAt`, or shortly before, is not kept: which content was opened would be a guess.
  /// @param build what tells one build of the program from another
  void keepIn(const std::filesystem::path& folder, const core::io::Checkpoint& checkpoint, std::string_view build,
              std::filesystem::file_time_type openedAt);

  /// @param calibration what the scheme is made with, where it looks at data: what was measured with another one is
  /// not meant. Such errors are not kept in the file.
  std::optional<SchemeError> find(std::size_t tensor, const core::quant::Scheme& scheme,
                                  const core::quant::Calibration* calibration = nullptr,
                                  Measure what = Measure::Weights) const;
  void add(const SchemeError& error, const core::quant::Calibration* calibration = nullptr,
           Measure what = Measure::Weights);
  /// find(), or measureSchemeError() and add(). @param checkpoint of the model this is the store of
  /// @throws core::Error, core::Cancelled
  SchemeError measure(const core::io::Checkpoint& checkpoint, std::size_t tensor, const core::quant::Scheme& scheme,
                      const core::JobContext& job = core::JobContext(), core::quant::Calibration* calibration = nullptr,
                      Measure what = Measure::Weights);
  /// The same of what a recipe decided: a scheme, or another model's tensor, which is remembered but kept in no file.
  SchemeError measure(const core::io::Checkpoint& checkpoint, std::size_t tensor,
                      const core::model::TensorDecision& decision, const core::JobContext& job = core::JobContext(),
                      core::quant::Calibration* calibration = nullptr, Measure what = Measure::Weights);

 private:
  void read(const std::filesystem::path& file, const std::string& head, const core::io::Checkpoint& checkpoint);
  static std::string keyOf(std::size_t tensor, const core::quant::Scheme& scheme,
                           const core::quant::Calibration* calibration, Measure what = Measure::Weights);
  static std::string keyOf(std::size_t tensor, const core::model::OtherTensor& other,
                           const core::quant::Calibration* calibration, Measure what);

  mutable std::mutex m_mutex;
  std::unordered_map<std::string, SchemeError> m_errors;
  std::ofstream m_file;
  std::uint64_t m_fileBytes = 0;
};

}  // namespace app
