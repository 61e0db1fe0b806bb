// What the outputs of the built-in model's layers lose under methods that look at data, on text that none of them has
// seen: bench_outputs [--scheme S …]
// The first half of each built-in text calibrates, the second half is held out. Error of a matrix: ‖ΔW x‖ / ‖W x‖ over
// the held-out inputs x, from their second moments in float64; of the model: the mean of its block matrices, in
// percent. Prints Markdown.
#include <fmt/format.h>

#include <Eigen/Core>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "app/session/calibrate_model.h"
#include "core/model/tensor_roles.h"
#include "core/quant/quantizer.h"
#include "held_out.h"
#include "tool_arguments.h"

namespace {

using app::OpenModel;
using core::quant::CalibrationNeed;
using core::quant::CalibrationPtr;
using core::quant::Scheme;
using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Floats = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

CalibrationPtr reading(const OpenModel& model, const std::string& text, Half half, std::uint32_t tokens) {
  core::calibrate::CalibrationSettings settings;
  settings.tokens = tokens;
  return calibrationOf(model, halfOf(app::openText(text), half), settings, {}, {});
}

struct Reader {
  std::string name;
  CalibrationPtr text;
};

/// ‖errors · x‖² over the inputs, per input.
double energy(const Matrix& errors, const Matrix& moments) { return (errors * moments).cwiseProduct(errors).sum(); }

Matrix weightsOf(const core::quant::QuantizedTensor& tensor) {
  const std::vector<float> values = core::quant::dequantize(tensor);
  return Floats(values.data(), static_cast<Eigen::Index>(tensor.rows()), static_cast<Eigen::Index>(tensor.rowValues()))
      .cast<double>();
}

struct Row {
  Scheme scheme;
  std::string calibrated;
  double bits = 0.0, seconds = 0.0;
  std::vector<double> errors;  ///< sums over matrices, one per held-out text
  std::size_t matrices = 0;
};

class Table {
 public:
  Table(const OpenModel& model, const std::vector<std::string>& schemes) : m_model(model) {
    m_readers = {{"demo, 512", reading(model, "demo", Half::First, 512)},
                 {"demo, 4096", reading(model, "demo", Half::First, 4096)},
                 {"prose, 4096", reading(model, "prose", Half::First, 4096)}};
    m_heldOut = {{"demo", reading(model, "demo", Half::Second, 4096)},
                 {"prose", reading(model, "prose", Half::Second, 4096)}};
    for (const std::string& text : schemes) {
      const Scheme scheme = Scheme::parse(text);
      if (calibrationNeed(scheme) == CalibrationNeed::None) m_rows.push_back(rowOf(scheme, {}));
      for (const Reader& reader : m_readers)
        if (calibrationNeed(scheme) != CalibrationNeed::None) m_rows.push_back(rowOf(scheme, reader.name));
    }
  }

  void measure() {
    const auto& tensors = m_model.checkpoint().tensors();
    for (std::size_t i = 0; i < tensors.size(); ++i)
      if (m_model.choices()[i].fate == core::model::Fate::Quantize) measure(i);
  }

  void print() const {
    fmt::print("| scheme | calibrated with | bits/weight | held out: conversations | held out: prose | seconds |\n");
    fmt::print("|---|---|---|---|---|---|\n");
    for (const Row& row : m_rows) {
      const auto mean = [&](std::size_t text) { return 100 * row.errors[text] / static_cast<double>(row.matrices); };
      fmt::print("| `{}` | {} | {:.3f} | {:.2f} % | {:.2f} % | {:.2f} |\n", row.scheme.toString(), row.calibrated,
                 row.bits / static_cast<double>(row.matrices), mean(0), mean(1), row.seconds);
    }
  }

 private:
  Row rowOf(const Scheme& scheme, const std::string& calibrated) const {
    return {.scheme = scheme, .calibrated = calibrated, .errors = std::vector<double>(m_heldOut.size())};
  }

  void measure(std::size_t index) {
    const auto tensor = m_model.tensor(index);
    const Matrix weights = weightsOf(*tensor);
    std::vector<Matrix> moments;
    for (const Reader& reader : m_heldOut) {
      const auto shown = reader.text->of(tensor->name, CalibrationNeed::Hessian, {});
      const auto width = static_cast<Eigen::Index>(tensor->rowValues());
      moments.push_back(Floats(shown->hessian.data(), width, width).cast<double>());
    }
    std::map<std::string, core::quant::TensorCalibrationPtr> shown;
    for (const Reader& reader : m_readers)
      shown[reader.name] = reader.text->of(tensor->name, CalibrationNeed::Hessian, {});
    for (Row& row : m_rows) {
      const auto start = std::chrono::steady_clock::now();
      const auto made = core::quant::quantize(row.scheme, *tensor, {},
                                              row.calibrated.empty() ? nullptr : shown[row.calibrated].get());
      row.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const Matrix errors = weightsOf(*made) - weights;
      for (std::size_t i = 0; i < moments.size(); ++i)
        row.errors[i] += std::sqrt(energy(errors, moments[i]) / energy(weights, moments[i]));
      row.bits += made->bitsPerWeight();
      ++row.matrices;
    }
  }

  const OpenModel& m_model;
  std::vector<Reader> m_readers, m_heldOut;
  std::vector<Row> m_rows;
};

std::vector<std::string> usualSchemes() {
  std::vector<std::string> schemes;
  for (const int bits : {4, 3, 2})
    for (const char* method :
         {"range=minmax", "range=mse,zero=on", "range=mse,zero=on,method=imatrix", "range=minmax,method=gptq",
          "range=minmax,method=gptq,act_order=on", "range=minmax,method=awq", "range=minmax,method=hqq"})
      schemes.push_back(fmt::format("int{}:group=64,{}", bits, method));
  return schemes;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> schemes = usualSchemes();
  CLI::App tool("Held-out error of the outputs of the built-in model's layers.", "bench_outputs");
  tool.add_option("--scheme", schemes, "in place of the usual ones");
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    const auto model = OpenModel::open("demo");
    Table table(*model, schemes);
    table.measure();
    table.print();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
