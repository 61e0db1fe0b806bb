#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/calibrate/expert_statistics.h"
#include "core/calibrate/section_stream.h"
#include "core/calibrate/statistics_file.h"
#include "core/io/importance_matrix.h"
#include "core/quant/calibration.h"

namespace core::calibrate {

struct TextCalibrationOptions {
  std::string modelHash;  ///< of what the graph computes with
  std::string textTitle;  ///< for people
  /// Where statistics are kept from one run of the program to the next; empty: nowhere. What cannot be read there is
  /// computed again, what cannot be written is not kept.
  std::filesystem::path cacheFolder;
};

/// What a text shows about the inputs of a model's linear layers: the model runs over it, section by section, as far as
/// somebody asks. The inputs are those of the model as it is stored, not of one whose earlier layers are quantized
/// already: so every layer can be asked for alone, and all schemes are compared on the same figures.
///
/// Asked in the order of layers, one pass over the model answers everything: its residuals stay until the next section.
/// A section before that one is reached by beginning anew. What was summed (means, maxima, histograms) stays known, and
/// so do Hessians as long as they fit into 256 MiB: all of a small model's, else those of the current section.
///
/// Of stacks of experts, importance is known for every matrix its own, magnitudes for all of them; of each matrix,
/// asked for by its MatrixName, everything: the rows that experts read are kept up to 256 MiB, or those of one expert,
/// and the section is read again for the others. Nothing of that is kept from run to run. Where a folder has a tensor
/// for each expert, that is asked for by its own name: magnitudes and the histogram are those of all experts beside it,
/// and of one that no token came by there are 0 samples.
///
/// Memory: 8 · width bytes of residuals per token, 4 · width² of a Hessian's sums and as much of the Hessian.
///
/// After Cancelled the next question goes on with the section that was interrupted; with a cache folder also the next
/// run of the program, as statistics and residuals are written there then, twice a minute and at the end of the text.
class TextCalibration final : public quant::Calibration {
 public:
  /// The most that residuals may take; what bounds the tokens of a calibration.
  static constexpr std::uint64_t kMostResidualBytes = std::uint64_t{1} << 30;

  /// @param graph of the model as it is stored
  /// @throws Error (InvalidArgument) when the residuals of so many tokens would take too much memory
  TextCalibration(const model::Graph& graph, TokenWindows windows, TextCalibrationOptions options);

  /// @param tensor a matrix, a stack of experts, or one of its matrices (quant::MatrixName)
  /// @throws Error (Unsupported) for the Hessian of a whole stack, (NotFinite, OutOfMemory), Cancelled
  quant::TensorCalibrationPtr of(const std::string& tensor, quant::CalibrationNeed need,
                                 const JobContext& job) override;
  std::string identity() const override { return m_identity; }
  std::string title() const override;

  const TokenWindows& windows() const { return m_windows; }
  std::size_t tokens() const { return m_windows.tokens.size(); }
  std::uint32_t context() const { return m_windows.context; }
  /// Reads the whole text, so that everything but Hessians is known. @throws as of()
  void readAll(const JobContext& job);
  /// As llama-imatrix makes it: every matrix but that of the output. Reads the whole text.
  io::ImportanceMatrix importanceMatrix(const JobContext& job);

 private:
  struct Place {
    std::size_t section, input;
    bool operator==(const Place&) const = default;
  };
  class Lock;

  void takeUp();
  void readTo(std::size_t section, const JobContext& job);
  void know(std::size_t section, const JobContext& job);
  quant::TensorCalibrationPtr ofExperts(const std::string& tensor, const Place& place, quant::CalibrationNeed need,
                                        const JobContext& job);
  /// One expert of a stack: by its MatrixName, or by the name of its own tensor in a folder that has one for each.
  struct ExpertPlace {
    Place place;
    std::size_t expert;
    bool isOfStack;  ///< asked for by its MatrixName
  };
  std::optional<ExpertPlace> expertPlace(const std::string& tensor) const;
  quant::TensorCalibrationPtr ofExpert(const ExpertPlace& of, quant::CalibrationNeed need, const JobContext& job);
  void keepRows(const Place& place, std::size_t expert, const JobContext& job);
  void readSection(const std::vector<std::size_t>& hessians, const JobContext& job);
  quant::TensorCalibrationPtr withHessian(const Place& place, const JobContext& job);
  std::uint64_t hessianBytes(std::size_t section, std::size_t input) const;
  std::vector<std::size_t> hessiansBeside(const Place& place) const;
  void makeRoom(std::size_t section, const std::vector<std::size_t>& inputs);
  bool isKnown(std::size_t section) const { return m_progress.statistics[section].front().has_value(); }
  bool areExpertsKnown(std::size_t section) const {
    return m_experts[section].size() == m_sections[section].experts.size();
  }
  bool isComplete() const;
  std::filesystem::path cacheFile() const;
  void keep() noexcept;
  std::vector<std::size_t> residualValues() const;

  std::vector<Section> m_sections;
  TokenWindows m_windows;
  TextCalibrationOptions m_options;
  std::string m_identity;
  std::map<std::string, Place, std::less<>> m_places, m_expertPlaces;

  std::timed_mutex m_mutex;  ///< of what follows
  SectionStream m_stream;
  Progress m_progress;
  std::vector<std::vector<ExpertStatistics>> m_experts;      ///< [sections]; empty where the section was not read yet
  std::optional<std::pair<Place, ExpertRows>> m_expertRows;  ///< of the stack that was asked for last
  bool m_isTakenUp = false, m_isKept = false;                ///< of the cache's file: looked for; it has everything
  std::chrono::steady_clock::time_point m_lastKept;
  std::map<std::pair<std::size_t, std::size_t>, quant::TensorCalibrationPtr> m_hessians;  ///< by section and input
};

}  // namespace core::calibrate
