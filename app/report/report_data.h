#pragma once
#include <QDateTime>
#include <QString>
#include <optional>
#include <string>
#include <vector>

#include "app/pictures/scheme_levels.h"
#include "app/pictures/token_diff.h"
#include "app/report/parts.h"
#include "app/selection/bits_state.h"
#include "app/session/open_model.h"
#include "app/session/quantize_plan.h"
#include "app/session/scheme_error.h"
#include "app/session/scheme_size.h"
#include "app/session/treatment.h"
#include "core/metrics/tensor_stats.h"
#include "core/model/session.h"

namespace app::report {

struct Record;

/// What a person asked for.
struct Request {
  QString model;   ///< a file, a folder, or "demo"
  QString folder;  ///< gets index.html and report.json; made when it does not exist
  QString device = QStringLiteral("auto");
  std::shared_ptr<OpenModel> open = nullptr;      ///< the model, when it is open already
  std::vector<core::model::Recipe> recipes = {};  ///< what is compared; none: what is usual
  /// "--calibration FILE" or "--imatrix FILE", as it was asked for on the command line; empty otherwise.
  QStringList calibration = {};
  PartSettings parts = {};  ///< what else is measured
  QString against = {};     ///< folder of an older report to compare with; empty: none
};

/// One file of the model.
struct FileFacts {
  QString name;
  std::uint64_t bytes = 0;
  QString sha256;  ///< hexadecimal; empty when the files are too large to read them all for it
};

/// One matrix that is quantized by any of what is compared: a row of the heat map.
struct MatrixRow {
  std::size_t tensor = 0;  ///< index in the checkpoint
  QString name;            ///< without ".weight"
  core::metrics::TensorStats stats;
  std::vector<std::optional<SchemeError>> errors;  ///< one per treatment; nothing: it stays as stored
};

/// What a scheme or a recipe does to all matrices together.
struct SchemeSummary {
  core::model::Recipe recipe;
  std::size_t matrices = 0, refused = 0;  ///< that it holds and that it cannot hold
  std::size_t unmeasured = 0;             ///< held matrices without a finite weight: in no mean
  std::size_t overflowing = 0;            ///< in which it makes finite weights infinite: the means are infinite
  std::uint64_t bytes = 0;                ///< of the matrices alone
  std::uint64_t storedBytes = 0;          ///< that they have as stored
  double bitsPerWeight = 0;               ///< of the matrices alone
  SchemeSize model;                       ///< of everything
  std::optional<double> meanSqnrDb;       ///< over the matrices with any error; nothing: no matrix has one
  double meanRelativeError = 0;
  double lowestSqnrDb = 0;  ///< of the matrix `lowest`, an index into ReportData::matrices
  std::size_t lowest = 0;
};

/// The levels of one treatment around a weight.
struct HistogramLevels {
  std::size_t treatment = 0;
  SchemeView view;
};

struct HistogramData {
  std::size_t matrix = 0;  ///< index into ReportData::matrices
  core::metrics::TensorSummary summary;
  std::vector<HistogramLevels> levels;  ///< around the weight `origin` names
  QString origin;
  bool logarithmic = false;
  bool mostOutliers = false;  ///< the matrix of highest kurtosis; otherwise the one of median kurtosis
};

/// The tensors of a model that a recipe stores in one type.
struct TypeShare {
  QString type;
  bool isKept = false;  ///< as stored
  std::size_t tensors = 0, fallbacks = 0;
  std::uint64_t bytes = 0;
  double share = 0;  ///< of the new file's bytes of weights
};

/// What a recipe gives each tensor.
struct RecipeData {
  std::size_t treatment = 0;
  QString whyNot;                ///< empty, or why no file can be made of this model under it
  std::vector<TypeShare> types;  ///< most bytes first
  std::vector<QuantizedFileRow> rows;
};

/// One weight in several formats.
struct BitSample {
  QString title;   ///< "The largest weight"
  QString origin;  ///< "blk.3.attn_q.weight [12, 45]"
  double value = 0, blockAbsmax = 1;
  std::vector<FormatRow> rows;
};

struct AnswerToken {
  QString text;
  double probability = 0;
  TokenMark mark = TokenMark::Same;
};

struct Answer {
  core::model::GenerationResult result;
  std::vector<AnswerToken> tokens;
  std::size_t differing = 0;     ///< tokens that are not part of the reference's answer
  std::optional<double> meanKl;  ///< KL(reference ‖ this) in nats per token, this one scoring the reference's answer
};

/// The answers under one scheme or recipe; the first column is the reference.
struct AnswerColumn {
  std::optional<core::model::Recipe> recipe;  ///< none: the weights as stored
  QString title, device;
  QString whyNot;  ///< empty, or why there are no answers under it
  std::uint64_t weightBytes = 0, residentBytes = 0, kvBytes = 0;
  std::vector<Answer> answers;
  double decodeTokensPerS = 0, prefillTokensPerS = 0;  ///< over all answers
  double timeToFirstTokenS = 0;                        ///< mean
  std::size_t sameAnswers = 0;
  std::optional<double> meanKl;  ///< nats per token, over all answers
};

struct Answers {
  QString whyNot;  ///< empty, or the sentence that says why this model does not chat
  std::vector<QString> prompts;
  std::vector<AnswerColumn> columns;
  /// KL per token of the same stored weights on the CPU with a 32-bit cache, in nats: what differs by rounding alone.
  /// Nothing for models so large that it would take minutes.
  std::optional<double> noiseFloorKl;
  std::uint32_t maxTokens = 0;
  std::uint64_t seed = 0;
};

/// What schemes that look at data were made with.
struct CalibrationFacts {
  QString title, identity;  ///< empty: no scheme looked at data
};

/// Everything the page says.
struct ReportData {
  Request request;
  std::shared_ptr<OpenModel> model;
  std::vector<FileFacts> files;
  QString
      modelHash;  ///< of the contents (core::calibrate::modelHash); empty when they are too large to read them for it
  CalibrationFacts calibration;
  QDateTime date;
  QString machine;
  double seconds = 0;                                     ///< that measuring took
  std::size_t blockMatrices = 0;                          ///< that schemes are for
  std::uint64_t matrixValues = 0, matrixStoredBytes = 0;  ///< of those
  std::vector<Treatment> treatments;                      ///< what is compared
  std::vector<MatrixRow> matrices;
  std::vector<SchemeSummary> summaries;  ///< one per treatment
  std::vector<RecipeData> recipes;       ///< of the treatments that are more than a scheme
  std::vector<HistogramData> histograms;
  std::vector<BitSample> bits;
  Answers answers;
  Parts parts;
  std::shared_ptr<const Record> against;  ///< the older report, if one was named
};

}  // namespace app::report
