// Folders that store matrices input × output (GPT-2's Conv1D, plain experts of gpt-oss) are, wherever weights are
// looked at, the GGUF file of the same model: the same quantized bytes, the same weights changed or switched off, the
// same contributions at the same coordinates.
#include <QtTest>

#include "core/model/architectures/tensor_names.h"
#include "core/model/executor.h"
#include "core/model/switched_off.h"
#include "core/model/weights.h"
#include "core/quant/decoded_copy.h"
#include "core/quant/load_tensor.h"
#include "core/trace/attribution.h"
#include "support/architecture_form.h"

using namespace core;
using support::Form;
using support::lastLogits;

namespace {

bool areTheSame(const quant::QuantizedTensor& a, const quant::QuantizedTensor& b) {
  return a.shape == b.shape && std::ranges::equal(a.payload, b.payload) && quant::dequantize(a) == quant::dequantize(b);
}

}  // namespace

class TestTurnedMatrices : public QObject {
  Q_OBJECT

 private:
  static void addModels() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("turned");  // in each layer
    QTest::newRow("gpt2") << "gpt2" << 4;
    QTest::newRow("gpt-oss") << "gptoss" << 1;  // gate and up are two stacks in its GGUF file
  }
  static std::string file(const QString& name) { return name.toStdString() + ".gguf"; }
  static std::string folder(const QString& name) { return name.toStdString() + "-folder"; }

 private slots:
  void schemesMakeTheSame_data() { addModels(); }
  void schemesMakeTheSame() {
    QFETCH(QString, name);
    QFETCH(int, turned);
    const Form gguf(file(name)), other(folder(name));
    int found = 0;
    for (const io::TensorInfo& tensor : gguf.checkpoint->tensors()) {
      const auto index = other.find(tensor.name);
      if (!index || other.checkpoint->tensors()[*index].assembly != io::Assembly::Turned) continue;
      ++found;
      const auto ours = gguf.tensor(tensor.name), theirs = other.tensor(tensor.name);
      QVERIFY2(areTheSame(*ours, *theirs), tensor.name.c_str());
      for (const char* scheme : {"fp32", "bf16", "int8", "int4:group=8", "nf4", "kmeans3", "fp8_e4m3:scale=row"}) {
        const quant::Scheme chosen = quant::Scheme::parse(scheme);
        QVERIFY2(areTheSame(*quant::quantize(chosen, *ours), *quant::quantize(chosen, *theirs)), scheme);
      }
    }
    QCOMPARE(found, turned * static_cast<int>(gguf.config.layers));
  }

  void replacedWeightsDoTheSame_data() { addModels(); }
  void replacedWeightsDoTheSame() {
    QFETCH(QString, name);
    Form gguf(file(name)), other(folder(name));
    const auto plain = lastLogits(gguf.graph());
    const std::string which = name == "gpt2" ? "blk.1.ffn_up.weight" : "blk.1.ffn_down_exps.weight";
    const auto changed = [&](Form& form) {
      const auto copy = quant::decodedCopy(*form.tensor(which));
      for (std::uint64_t column = 0; column < copy->rowValues(); ++column)  // a painted row
        quant::valuesOf(*copy)[3 * copy->rowValues() + column] = 0.5F;
      model::Recipe recipe;
      recipe.replacements[form.nameOf(which)] = copy;
      return lastLogits(form.graph(recipe));
    };
    const auto ours = changed(gguf), theirs = changed(other);
    QVERIFY(ours != plain);
    QVERIFY(support::worstDivergence(ours, theirs, ours.size()) < 1e-9);
  }

  void whatIsSwitchedOffIsTheSame_data() { addModels(); }
  void whatIsSwitchedOffIsTheSame() {
    QFETCH(QString, name);
    Form gguf(file(name)), other(folder(name));
    const auto plain = lastLogits(gguf.graph());
    const auto without = [](Form& form, bool isHead) {
      model::Recipe recipe;
      const model::Graph graph = form.graph();
      recipe.replacements = isHead ? model::withoutHead(graph, 1, 2) : model::withoutLayer(graph, 0);
      return lastLogits(form.graph(recipe));
    };
    for (const bool isHead : {true, false}) {
      const auto ours = without(gguf, isHead), theirs = without(other, isHead);
      QVERIFY(support::worstDivergence(plain, ours, ours.size()) > 1e-6);
      QVERIFY(support::worstDivergence(ours, theirs, ours.size()) < 1e-9);
    }
  }

  void traceFindsTheSameWeights() {
    Form gguf("gpt2.gguf"), other("gpt2-folder");
    const auto traced = [](Form& form) {
      const model::Graph reference = form.graph(),
                         compared = form.graph(model::Recipe(quant::Scheme::parse("int3:group=8")));
      trace::AttributionSettings settings;
      settings.keep = 40;
      return trace::attribute(reference, compared, support::architectureTokens(), trace::Objective::difference(7, 30),
                              settings);
    };
    const trace::Attribution ours = traced(gguf), theirs = traced(other);
    QCOMPARE(theirs.tensors.size(), ours.tensors.size());
    std::map<std::string, std::string> names;
    for (std::size_t i = 0; i < ours.tensors.size(); ++i) {
      QCOMPARE(theirs.tensors[i].name, other.nameOf(ours.tensors[i].name));
      QCOMPARE(theirs.tensors[i].rows, ours.tensors[i].rows);
      QVERIFY(std::abs(theirs.tensors[i].sum - ours.tensors[i].sum) < 1e-7);
    }
    QCOMPARE(ours.most.size(), std::size_t{40});
    for (std::size_t i = 0; i < ours.most.size(); ++i) {
      QCOMPARE(theirs.most[i].tensor, ours.most[i].tensor);
      QCOMPARE(theirs.most[i].index, ours.most[i].index);
    }
  }
};

QTEST_GUILESS_MAIN(TestTurnedMatrices)
#include "tst_turned_matrices.moc"
