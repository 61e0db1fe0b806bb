// A report of what is named: schemes, recipes, another model, an importance matrix; what it says of each.
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>

#include "app/report/report.h"
#include "app/report/report_command.h"
#include "app/session/other_models.h"
#include "app/session/quantize_model.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "core/io/checkpoint.h"
#include "core/io/gguf_writer.h"
#include "core/io/importance_matrix.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"
#include "report_pages.h"
#include "support/random_model.h"

using namespace app;
using namespace report_pages;

namespace {

const QString kChatModel = QStringLiteral(QS_TEST_DATA "/logits/prototype-outliers.gguf");

}  // namespace

class TestReportRecipes : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase();
  void comparesWhatIsNamed();
  void anotherModelIsMeasuredByItsMatrices();
  void saysWhatARecipeGivesEachTensor();
  void recipesOnTheCommandLine();
  void aMatrixOnTheCommandLineWeighsEveryScheme();
  void whatCannotBeComputedIsSaidInItsColumn();

 private:
  static report::Request named(const QString& folder, const std::vector<core::model::Recipe>& recipes) {
    return {kChatModel, folder, QStringLiteral("cpu"), nullptr, recipes};
  }

  QTemporaryDir m_folder;
};

void TestReportRecipes::initTestCase() {
  QLocale::setDefault(QLocale::c());
  Theme::instance().install();
}

void TestReportRecipes::comparesWhatIsNamed() {
  auto own = core::model::parseRecipe("base = Q4_K_M\nattn_v = q8_0\nnothing_here = q8_0\n", "own.txt");
  own.title = "<b>mine</b> & yours";
  const std::vector<core::model::Recipe> recipes{core::quant::Scheme::parse("int3"),
                                                 core::model::Recipe(core::model::FileType::Q4_K_M), own};
  const auto data = report::measure(named(m_folder.filePath(QStringLiteral("named")), recipes));
  const QString page = read(report::writePage(data, report::drawPictures(data)));
  QCOMPARE(xmlProblem(page), QString());
  QVERIFY(!page.contains(QLatin1String("<b>mine")));
  for (const QString& id : matches(page, QStringLiteral("href=\"#([a-z]+)\"")))
    QVERIFY2(page.contains(QStringLiteral("<section id=\"%1\">").arg(id)), qPrintable(id));

  // The errors are those of the plan's schemes, embedding and output included; under the scheme those stay as stored.
  const auto model = OpenModel::open(kChatModel.toStdString());
  const Treatment treatment(recipes[1], model->checkpoint());
  std::size_t quantized = 0;
  for (const auto& matrix : data.matrices) {
    const auto scheme = treatment.schemeOf(matrix.tensor);
    QCOMPARE(matrix.errors[1].has_value(), scheme.has_value());
    if (!scheme) continue;
    ++quantized;
    QVERIFY(matrix.errors[1]->scheme == *scheme);
    QCOMPARE(matrix.errors[1]->stats.sqnrDb(),
             measureSchemeError(model->checkpoint(), matrix.tensor, *scheme).stats.sqnrDb());
  }
  QCOMPARE(data.summaries[1].matrices, quantized);
  QCOMPARE(data.summaries[0].matrices, data.blockMatrices);
  QVERIFY(quantized > data.blockMatrices);
  const QString errors = sectionText(page, QStringLiteral("errors"));
  QVERIFY(errors.contains(QStringLiteral("as stored")) && errors.contains(QStringLiteral("a recipe may choose")));
  QVERIFY(errors.contains(text::decibel(*data.summaries[1].meanSqnrDb)));
  QVERIFY(!errors.contains(QStringLiteral("NF4")));

  // So are the answers, the levels in the histograms and the commands.
  QVERIFY(!data.matrices.front().errors[0].has_value());  // the embedding
  QCOMPARE(data.answers.columns.size(), std::size_t{4});
  QCOMPARE(data.answers.columns[2].title, QStringLiteral("Q4_K_M"));
  QVERIFY(*data.answers.columns[1].meanKl > *data.answers.columns[2].meanKl);
  QVERIFY(!data.histograms.empty() && !data.histograms[0].levels.empty());
  const QString reproduce = sectionText(page, QStringLiteral("reproduce"));
  const QString words = QStringLiteral("--scheme int3 --recipe Q4_K_M --recipe recipe-2.txt");
  QCOMPARE(reproduce.count(words), 2);  // report and error
  QVERIFY(reproduce.contains(QStringLiteral("base = Q4_K_M\nattn_v = q8_0")));
}

// What another model has is counted as a scheme is: norms and what is the same in both are none of its matrices.
void TestReportRecipes::anotherModelIsMeasuredByItsMatrices() {
  const QString packed = m_folder.filePath(QStringLiteral("packed.gguf"));
  const auto scheme = core::quant::Scheme::parse("q8_0");
  quantizeModel(OpenModel::open(kChatModel.toStdString())->checkpoint(), scheme, QuantizeTarget(packed.toStdString()));
  const auto data =
      report::measure(named(m_folder.filePath(QStringLiteral("another")), {scheme, openOther(packed.toStdString())}));
  const auto &made = data.summaries[0], &there = data.summaries[1];
  QCOMPARE(there.matrices, made.matrices);
  QCOMPARE(there.bitsPerWeight, made.bitsPerWeight);
  QCOMPARE(there.storedBytes, made.storedBytes);
  QCOMPARE(there.meanRelativeError, made.meanRelativeError);
  QCOMPARE(data.matrices.size(), made.matrices);
}

void TestReportRecipes::saysWhatARecipeGivesEachTensor() {
  const auto recipe = core::model::parseRecipe("base = Q4_K_M\nattn_v = q8_0\nnothing_here = q8_0\n", "own.txt");
  const auto data = report::measure(named(m_folder.filePath(QStringLiteral("gives")), {recipe}));
  const QString section =
      sectionText(read(report::writePage(data, report::drawPictures(data))), QStringLiteral("recipes"));
  const auto plan = planQuantization(data.model->checkpoint(), recipe);
  QCOMPARE(data.recipes.size(), std::size_t{1});
  std::size_t tensors = 0, fallbacks = 0;
  std::uint64_t bytes = 0, planned = 0;
  double share = 0;
  for (const auto& type : data.recipes[0].types) {
    tensors += type.tensors;
    fallbacks += type.fallbacks;
    bytes += type.bytes;
    share += type.share;
    for (const QString& text : {type.type.toUpper(), text::bytes(type.bytes), text::percent(type.share)})
      QVERIFY2(section.contains(text), qPrintable(text));
  }
  for (const auto& row : plan.rows) planned += row.bytes;
  QCOMPARE(tensors, plan.rows.size());
  QCOMPARE(bytes, planned);
  QVERIFY(std::abs(share - 1) < 1e-12);
  QCOMPARE(fallbacks, static_cast<std::size_t>(std::count_if(plan.rows.begin(), plan.rows.end(), [](const auto& row) {
             return !row.decision.fallback.empty();
           })));
  for (const char* text : {"blk.0.attn_v.weight", "→ Q8_0", "attn_v=q8_0", "as stored: a norm", "its usual type",
                           "Rules that decided nothing: nothing_here=q8_0"})
    QVERIFY2(section.contains(QString::fromUtf8(text)), text);
}

void TestReportRecipes::recipesOnTheCommandLine() {
  const QString model = m_folder.filePath(QStringLiteral("words.gguf")),
                folder = m_folder.filePath(QStringLiteral("words"));
  support::writeRandomModel({}, model.toStdString());
  const auto report = [&](const QStringList& more) {
    return report::runReport(QStringList{QStringLiteral("quantscope"), QStringLiteral("report"), model,
                                         QStringLiteral("-o"), folder, QStringLiteral("--device"),
                                         QStringLiteral("cpu")} +
                             more);
  };
  for (const QStringList& bad : {QStringList{QStringLiteral("--scheme"), QStringLiteral("nf5")},
                                 QStringList{QStringLiteral("--recipe"), QStringLiteral("Q9_K")},
                                 QStringList{QStringLiteral("--tensor-type"), QStringLiteral("attn_v")}}) {
    QCOMPARE(report(bad), 1);
    QVERIFY(!QFile::exists(folder));
  }
  QCOMPARE(report({QStringLiteral("--scheme"), QStringLiteral("q8_0"), QStringLiteral("--scheme"),
                   QStringLiteral("int4:method=mse"), QStringLiteral("--recipe"), QStringLiteral("Q4_0"),
                   QStringLiteral("--tensor-type"), QStringLiteral("attn_q=keep")}),
           0);
  const QString page = read(folder + QStringLiteral("/index.html"));
  QCOMPARE(xmlProblem(page), QString());
  const QString errors = sectionText(page, QStringLiteral("errors"));
  for (const char* text : {"q8_0, attn_q=keep", "int4:range=mse, attn_q=keep", "Q4_0, attn_q=keep"})
    QVERIFY2(errors.contains(QLatin1String(text)), text);
  QVERIFY(!errors.contains(QStringLiteral("NF4")));
}

void TestReportRecipes::aMatrixOnTheCommandLineWeighsEveryScheme() {
  const QString model = m_folder.filePath(QStringLiteral("weighed.gguf")),
                folder = m_folder.filePath(QStringLiteral("weighed")),
                matrix = m_folder.filePath(QStringLiteral("matrix.gguf"));
  support::writeRandomModel({}, model.toStdString());
  core::io::ImportanceMatrix importance;
  const auto checkpoint = core::io::openCheckpoint(model.toStdString());
  for (const auto& tensor : checkpoint->tensors()) {
    if (!QString::fromStdString(tensor.name).startsWith(QStringLiteral("blk.")) || tensor.shape.rank() != 2) continue;
    core::io::ImportanceEntry entry{tensor.name, {}, {1.0F}};
    for (std::uint64_t i = 0; i < tensor.shape.rowValues(); ++i) entry.sums.push_back(i % 8 == 0 ? 1000.0F : 1.0F);
    importance.entries.push_back(std::move(entry));
  }
  core::io::writeImportanceGguf(importance, core::io::OutputFile(matrix.toStdString()));
  const auto errors = [&](const QStringList& more) {
    const QStringList words{QStringLiteral("quantscope"),
                            QStringLiteral("report"),
                            model,
                            QStringLiteral("-o"),
                            folder,
                            QStringLiteral("--device"),
                            QStringLiteral("cpu"),
                            QStringLiteral("--scheme"),
                            QStringLiteral("q4_0")};
    return report::runReport(words + more) == 0
               ? sectionText(read(folder + QStringLiteral("/index.html")), QStringLiteral("errors"))
               : QString();
  };
  const QString plain = errors({}), weighed = errors({QStringLiteral("--imatrix"), matrix});
  QVERIFY(!plain.isEmpty() && !weighed.isEmpty());
  QVERIFY(plain != weighed);
}

/// A scheme whose arithmetic leaves the numbers, beside one whose does not.
void TestReportRecipes::whatCannotBeComputedIsSaidInItsColumn() {
  const QString source = m_folder.filePath(QStringLiteral("huge.gguf"));
  {
    const auto model = OpenModel::open(kChatModel.toStdString());
    const auto& checkpoint = model->checkpoint();
    core::io::GgufWriter writer(source.toStdString());
    for (const auto& entry : checkpoint.metadata().entries()) writer.addEntry(entry);
    for (const auto& tensor : checkpoint.tensors())
      writer.declareTensor(tensor.name, core::tensor::DType::F32, tensor.storedShape);
    for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i) {
      auto values = core::quant::dequantize(*core::quant::loadTensor(checkpoint, i));
      // Finite in FP32 and far beyond FP16.
      if (checkpoint.tensors()[i].name == "blk.0.ffn_up.weight") values[3] = 1e9F;
      writer.append(std::as_bytes(std::span<const float>(values)));
    }
    writer.finish();
  }
  auto request = named(m_folder.filePath(QStringLiteral("huge")),
                       {core::quant::Scheme::parse("fp16"), core::quant::Scheme::parse("q8_0")});
  request.model = source;
  const auto data = report::measure(request);
  QCOMPARE(data.answers.columns.size(), std::size_t{3});
  QVERIFY2(data.answers.columns[1].whyNot.endsWith(u'.'), qPrintable(data.answers.columns[1].whyNot));
  QVERIFY(data.answers.columns[2].whyNot.isEmpty() && data.answers.columns[2].meanKl);
  const QString page = read(report::writePage(data, report::drawPictures(data)));
  QCOMPARE(xmlProblem(page), QString());
  QVERIFY(sectionText(page, QStringLiteral("answers"))
              .contains(QString(data.answers.columns[1].whyNot).replace(u'"', QStringLiteral("&quot;"))));
}

QTEST_MAIN(TestReportRecipes)
#include "tst_report_recipes.moc"
