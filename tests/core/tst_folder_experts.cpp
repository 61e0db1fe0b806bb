// Folders that have a tensor for each expert: what is found out about the stack that they make, or done to it, is about
// each of them, as in the GGUF file of the same model.
#include <QtTest>

#include "core/base/error.h"
#include "core/calibrate/matrix_calibration.h"
#include "core/calibrate/text_calibration.h"
#include "core/model/architectures/tensor_names.h"
#include "core/model/executor.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/model/recipe/row_order.h"
#include "core/model/tensor_place.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "support/architecture_form.h"

using namespace core;
using support::Form;
using support::lastLogits;

namespace {

const quant::QuantizedTensorPtr& stackNamed(const model::Graph& graph, const std::string& name) {
  return *std::ranges::find_if(graph.ops, [&](const model::Op& op) {
            return op.kind() == model::OpKind::ExpertMatMul && (*op.weight())->name == name;
          })->weight();
}

calibrate::TextCalibration calibrationOf(const model::Graph& graph) {
  const auto tokens = support::architectureTokens();
  return {graph, {tokens, static_cast<std::uint32_t>(tokens.size())}, {"model", "text", {}}};
}

}  // namespace

class TestFolderExperts : public QObject {
  Q_OBJECT

 private:
  static void addModels() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"qwen3moe", "mixtral"}) QTest::newRow(name) << name;
  }

 private slots:
  void whatReplacesAStackReplacesItsMatrices_data() { addModels(); }
  void whatReplacesAStackReplacesItsMatrices() {
    QFETCH(QString, name);
    Form gguf(name.toStdString() + ".gguf"), folder(name.toStdString() + "-folder");
    const auto plain = lastLogits(gguf.graph());
    for (const char* which : {"blk.0.ffn_up_exps.weight", "blk.1.ffn_down_exps.weight"})
      for (const char* scheme : {"int3:group=8", "int4:group=8,range=minmax", "kmeans2", "nf4", "bf16"}) {
        const auto replaced = [&](Form& form) {
          const std::string own = form.nameOf(which);
          auto made = std::make_shared<quant::QuantizedTensor>(
              *quant::quantize(quant::Scheme::parse(scheme), *stackNamed(form.graph(), own)));
          made->name = own;
          model::Recipe recipe;
          recipe.replacements[own] = std::move(made);
          if (!model::planRecipe(recipe, *form.checkpoint).unused.empty()) throw std::runtime_error(own);
          return lastLogits(form.graph(recipe));
        };
        const auto ours = replaced(gguf), theirs = replaced(folder);
        QVERIFY2(support::worstDivergence(plain, ours, ours.size()) > 1e-7, scheme);
        QVERIFY2(support::worstDivergence(ours, theirs, ours.size()) < 1e-9, scheme);
      }
  }

  void aMatrixOfAStackHasItsRows_data() {
    QTest::addColumn<QString>("scheme");
    for (const char* scheme : {"fp32", "bf16", "int8", "int4:group=8", "int3:group=8,range=minmax", "int8:group=tensor",
                               "nf4:block=32", "nf4:block=64,double=on", "kmeans3:group=8", "fp8_e4m3:scale=row"})
      QTest::newRow(scheme) << scheme;
  }
  void aMatrixOfAStackHasItsRows() {
    QFETCH(QString, scheme);
    const Form gguf("qwen3moe.gguf");
    const auto stored = quant::loadTensor(*gguf.checkpoint, "blk.0.ffn_gate_exps.weight");
    const auto stack = quant::quantize(quant::Scheme::parse(scheme.toStdString()), *stored);
    const auto all = quant::dequantize(*stack);
    const std::size_t size = stack->shape[1] * stack->shape[2];
    for (std::uint64_t expert = 0; expert < stack->shape[0]; ++expert) {
      const auto matrix = model::matrixOf(stack, expert, "one");
      QCOMPARE(matrix->shape, (tensor::Shape{stack->shape[1], stack->shape[2]}));
      QCOMPARE(matrix->name, std::string("one"));
      const auto values = quant::dequantize(*matrix);
      QVERIFY(std::ranges::equal(values, std::span(all).subspan(expert * size, size)));
    }
  }

  void importanceOfAStackIsThatOfItsMatrices_data() { addModels(); }
  void importanceOfAStackIsThatOfItsMatrices() {
    QFETCH(QString, name);
    Form gguf(name.toStdString() + ".gguf"), folder(name.toStdString() + "-folder");
    calibrate::TextCalibration ours = calibrationOf(gguf.graph()), theirs = calibrationOf(folder.graph());
    calibrate::MatrixCalibration matrix(ours.importanceMatrix(JobContext()), "matrix");
    const auto need = quant::CalibrationNeed::Importance;
    int seen = 0;
    for (const io::TensorInfo& tensor : folder.checkpoint->tensors()) {
      const auto expert = model::placeOf(tensor.name).expert;
      if (!expert) continue;
      ++seen;
      const auto stack = ours.of(*model::TensorNames(*folder.checkpoint).gguf(tensor.name), need, JobContext());
      const auto wanted = std::span(stack->importance).subspan(*expert * tensor.shape[1], tensor.shape[1]);
      for (quant::Calibration* calibration :
           {static_cast<quant::Calibration*>(&theirs), static_cast<quant::Calibration*>(&matrix)}) {
        const auto known = calibration->of(tensor.name, need, JobContext());
        QVERIFY2(known && known->importance.size() == wanted.size(), tensor.name.c_str());
        for (std::size_t i = 0; i < wanted.size(); ++i)
          QVERIFY(std::abs(known->importance[i] - wanted[i]) <= 1e-5F * wanted[i]);
      }
      const auto hessian = theirs.of(tensor.name, quant::CalibrationNeed::Hessian, JobContext());
      QCOMPARE(!hessian->hessian.empty(), hessian->samples != 0);  // of those that the text sent a token
    }
    QCOMPARE(seen, static_cast<int>(3 * folder.config.layers * folder.config.experts));
  }

  // The older form of such a matrix does not say how many rows it has.
  void whatIsNotToldApartIsSaid() {
    io::ImportanceMatrix matrix;
    matrix.entries.push_back({"blk.0.ffn_up_exps.weight", std::vector<float>(5 * 24, 1.0F), {3.0F}});
    calibrate::MatrixCalibration calibration(std::move(matrix), "old.dat");
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(calibration.of("model.layers.0.mlp.experts.2.up_proj.weight",
                                                              quant::CalibrationNeed::Importance, JobContext())),
                             Error);
  }
};

QTEST_GUILESS_MAIN(TestFolderExperts)
#include "tst_folder_experts.moc"
