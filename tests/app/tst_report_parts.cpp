// What a report measures beside weights and answers: the page and report.json say what the session measures, and two
// reports are compared by what they were measured with.
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/report/comparison.h"
#include "app/report/record.h"
#include "app/report/report.h"
#include "app/report/report_command.h"
#include "app/session/engine.h"
#include "app/session/evaluate_model.h"
#include "app/text/estimates.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_rows.h"
#include "core/base/error.h"
#include "report_pages.h"

using namespace app;
using core::evaluate::Verdict;
using report::Part;
using report_pages::xmlProblem;

namespace {

using Json = nlohmann::ordered_json;

const QString kChatModel = QStringLiteral(QS_TEST_DATA "/logits/prototype-outliers.gguf");
constexpr std::uint32_t kTokens = 256;

QByteArray read(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void write(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QCOMPARE(file.write(bytes), bytes.size());
}

}  // namespace

class TestReportParts : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase();
  void everyPartHasItsSection();
  void figuresAreThoseOfTheSession();
  void theReferenceAndVariantsCanBeNamed();
  void whatCannotBeMeasuredSaysWhy();
  void againstItselfNothingDiffers();
  void againstAnotherReading();
  void twoReportsAreCompared();
  void whatNestsDeeplyIsCut();
  void aWorseSchemeIsDifferent();
  void damagedReports_data();
  void damagedReports();

 private:
  report::Request request(const QString& name, std::set<Part> parts) const {
    report::Request asked{kChatModel, m_folder.filePath(name), QStringLiteral("cpu")};
    asked.recipes = {core::quant::Scheme::parse("int8"), core::quant::Scheme::parse("int3")};
    asked.parts.parts = std::move(parts);
    asked.parts.text = QStringLiteral("demo");
    asked.parts.tokens = kTokens;
    asked.parts.tasks = m_folder.filePath(QStringLiteral("tasks.jsonl"));
    return asked;
  }
  Json recordIn(const QString& folder) const {
    return Json::parse(read(m_folder.filePath(folder + QStringLiteral("/report.json"))).toStdString());
  }

  QTemporaryDir m_folder;
  report::ReportData m_data;
  QString m_page;
  Json m_json;
};

void TestReportParts::initTestCase() {
  QLocale::setDefault(QLocale::c());
  Theme::instance().install();
  qputenv("XDG_CACHE_HOME", m_folder.filePath(QStringLiteral("cache")).toUtf8());  // nothing measured before is used
  write(m_folder.filePath(QStringLiteral("tasks.jsonl")),
        "{\"question\": \"What is 2 + 2?\", \"answer\": \"4\", \"match\": \"contains\", \"max_tokens\": 12}\n"
        "{\"question\": \"Yes or no?\", \"choices\": [\"yes\", \"no\"], \"answer\": 0}\n");
  m_data = report::measure(request(QStringLiteral("all"), {report::kParts.begin(), report::kParts.end()}));
  m_page = QString::fromUtf8(read(report::writePage(m_data, report::drawPictures(m_data))));
  m_json = recordIn(QStringLiteral("all"));
}

void TestReportParts::everyPartHasItsSection() {
  QCOMPARE(xmlProblem(m_page), QString());
  QCOMPARE(m_json["format"].get<std::string>(), std::string("quantscope-report"));
  QCOMPARE(m_json["format_version"].get<int>(), 1);
  for (const Part part : report::kParts) {
    const auto why = m_data.parts.whyNot.find(part);
    QVERIFY2(why == m_data.parts.whyNot.end(), why == m_data.parts.whyNot.end() ? "" : qPrintable(why->second));
    QVERIFY(m_page.contains(QStringLiteral("<section id=\"%1\">").arg(report::wordOf(part))));
    QVERIFY(m_page.contains(QStringLiteral("href=\"#%1\"").arg(report::wordOf(part))));
    QVERIFY2(m_json.contains(report::wordOf(part).toStdString()), qPrintable(report::wordOf(part)));
  }
  QVERIFY(!m_json.contains("against") && !m_page.contains(QStringLiteral("id=\"against\"")));
  QVERIFY(m_page.contains(m_data.modelHash) && m_json["model"]["hash"] == m_data.modelHash.toStdString());
}

// Measured once more by the session, without a cache. The CPU's sums do not depend on how threads share them, so that
// the figures are the same; a millionth leaves room for another compiler.
void TestReportParts::figuresAreThoseOfTheSession() {
  const auto model = OpenModel::open(kChatModel.toStdString());
  Engine engine;
  EvaluationRequest again;
  again.reference.device = DeviceChoice::parse("cpu");
  again.compared = {{core::quant::Scheme::parse("int3"), again.reference.device}};
  again.text = openEvaluationText("demo");
  again.reading.tokens = kTokens;
  const Evaluation evaluation = evaluateModel(*model, engine, again);
  const auto& kl = evaluation.rows[0].statistics.klMean;
  const Json& row = m_json["evaluation"][1];
  QCOMPARE(row["recipe"].get<std::string>(), std::string("int3"));
  QVERIFY(kl.value > 0 && std::abs(row["kl_mean"].get<double>() / kl.value - 1) < 1e-6);
  QVERIFY(std::abs(row["kl_mean_error"].get<double>() / kl.error - 1) < 1e-6);
  QCOMPARE(row["text_hash"].get<std::string>(), evaluation.textHash);
  QVERIFY2(m_page.contains(text::estimate(kl)), qPrintable(text::estimate(kl)));
  // Each of the matrices once, as many as the scheme changes; the most sensitive is first on the page.
  QCOMPARE(m_json["sensitivity"].size(), m_data.blockMatrices);
  const auto worst =
      std::ranges::max_element(m_json["sensitivity"], {}, [](const Json& of) { return of["kl"].get<double>(); });
  const qsizetype bars = m_page.indexOf(QStringLiteral("<svg"), m_page.indexOf(QStringLiteral("id=\"sensitivity\"")));
  const qsizetype first = m_page.indexOf(QStringLiteral("text-anchor=\"end\">"), bars);
  QVERIFY(m_page.mid(first, 80).contains(QString::fromStdString((*worst)["tensor"].get<std::string>())));
  for (const Json& memory : m_json["memory"]) {
    const double planned = memory["total"].get<double>() - memory["overhead"].get<double>(),
                 measured =
                     memory["measured_weights_and_compute"].get<double>() + memory["measured_kv_cache"].get<double>();
    QVERIFY(std::abs(planned / measured - 1) < 0.05);
  }
  QCOMPARE(m_json["tasks"][0]["questions"].get<int>(), 2);
  QVERIFY(m_json["trace"]["prompt"].is_string() && m_json["trace"].contains("proof"));
}

// Measured once more by the session, as above.
void TestReportParts::theReferenceAndVariantsCanBeNamed() {
  const QString name = QStringLiteral("variants"), folder = m_folder.filePath(name);
  const QStringList arguments{QStringLiteral("quantscope"),
                              QStringLiteral("report"),
                              kChatModel,
                              QStringLiteral("-o"),
                              folder,
                              QStringLiteral("--device"),
                              QStringLiteral("cpu"),
                              QStringLiteral("--scheme"),
                              QStringLiteral("int4"),
                              QStringLiteral("--reference"),
                              QStringLiteral("int8"),
                              QStringLiteral("--variant"),
                              QStringLiteral("stored@kv=int8"),
                              QStringLiteral("--text"),
                              QStringLiteral("demo"),
                              QStringLiteral("--tokens"),
                              QString::number(kTokens)};
  QCOMPARE(report::runReport(arguments), 0);
  const auto model = OpenModel::open(kChatModel.toStdString());
  Engine engine;
  EvaluationRequest again;
  again.reference = Variant::parse("int8@cpu");
  again.compared = {Variant::parse("stored@cpu@kv=int8")};
  again.text = openEvaluationText("demo");
  again.reading.tokens = kTokens;
  const double kl = evaluateModel(*model, engine, again).rows[0].statistics.klMean.value;
  const Json rows = recordIn(name)["evaluation"];
  QCOMPARE(rows.size(), std::size_t{2});
  QCOMPARE(rows[0]["recipe"].get<std::string>(), std::string("int4"));
  QCOMPARE(rows[1]["recipe"].get<std::string>(), again.compared[0].toString());
  QVERIFY(rows[1]["reference"].get<std::string>().starts_with("int8"));
  QVERIFY(kl > 0 && std::abs(rows[1]["kl_mean"].get<double>() / kl - 1) < 1e-6);
  const QString page = QString::fromUtf8(read(folder + QStringLiteral("/index.html")));
  QVERIFY(page.contains(QString::fromStdString(again.compared[0].displayName()).toHtmlEscaped()));
  // How to make it once more is on the page.
  QVERIFY(page.contains(QStringLiteral("--reference int8@cpu --variant stored@cpu@kv=int8")));
  QCOMPARE(report::runReport(arguments.mid(0, 3) + QStringList{QStringLiteral("-o"), folder + QStringLiteral("2"),
                                                               QStringLiteral("--variant"), QStringLiteral("q9_9")}),
           1);
}

void TestReportParts::whatCannotBeMeasuredSaysWhy() {
  auto asked = request(QStringLiteral("without"), {Part::Evaluation, Part::Tasks});
  asked.parts.text.clear();
  asked.parts.tasks.clear();
  const auto data = report::measure(asked);
  const QString page = QString::fromUtf8(read(report::writePage(data, report::drawPictures(data))));
  QCOMPARE(xmlProblem(page), QString());
  QVERIFY(page.contains(QStringLiteral("Not measured: Only the built-in model has a text of its own")));
  const Json json = recordIn(QStringLiteral("without"));
  QVERIFY(!json.contains("evaluation") && json["not_measured"].contains("evaluation"));
  QVERIFY(json["not_measured"].contains("tasks"));
}

void TestReportParts::againstItselfNothingDiffers() {
  const QString folder = m_folder.filePath(QStringLiteral("all"));
  report::ReportData data = m_data;
  data.against = std::make_shared<const report::Record>(report::readRecord(folder));
  data.request.folder = m_folder.filePath(QStringLiteral("itself"));
  const QString page = QString::fromUtf8(read(report::writePage(data, report::drawPictures(data))));
  QCOMPARE(xmlProblem(page), QString());
  QVERIFY(page.contains(QStringLiteral("Program, machine, model, texts, settings and seeds are the same.")));
  const Json against = recordIn(QStringLiteral("itself"))["against"];
  QVERIFY(against["differing"].empty() && against["not_comparable"].empty());
  QVERIFY(against["only_there"].empty() && against["only_here"].empty());
  QVERIFY(against["figures"].size() > 2 * 6 + m_data.blockMatrices);
  for (const Json& figure : against["figures"]) {
    QCOMPARE(figure["verdict"].get<std::string>(), std::string("indistinguishable"));
    QCOMPARE(figure["difference"].get<double>(), 0.0);
  }
}

void TestReportParts::againstAnotherReading() {
  auto asked = request(QStringLiteral("prose"), {Part::Evaluation});
  asked.parts.text = QStringLiteral("prose");
  asked.recipes.resize(1);
  asked.against = m_folder.filePath(QStringLiteral("all"));
  const auto data = report::measure(asked);
  const QString page = QString::fromUtf8(read(report::writePage(data, report::drawPictures(data))));
  QCOMPARE(xmlProblem(page), QString());
  const Json against = recordIn(QStringLiteral("prose"))["against"];
  QCOMPARE(against["not_comparable"], Json(std::vector<std::string>{"evaluation"}));
  QVERIFY(page.contains(QStringLiteral("say nothing about each other")));
  QCOMPARE(against["only_there"], Json(std::vector<std::string>{"int3"}));
  bool saysText = false;
  for (const Json& fact : against["differing"]) saysText = saysText || fact["what"] == "Hash of the text's tokens";
  QVERIFY(saysText);
  for (const Json& figure : against["figures"])
    QCOMPARE(figure["verdict"].get<std::string>(),
             std::string(figure["part"] == "evaluation" ? "unknown" : "indistinguishable"));

  // Another model: nothing of it says anything.
  Json other = m_json;
  other["model"]["hash"] = "another";
  const QString folder = m_folder.filePath(QStringLiteral("other"));
  const auto comparison = report::compareRecords(report::recordOf(other, folder), report::recordOf(m_json, folder));
  QCOMPARE(comparison.incomparable.size(), std::size_t{4});
  for (const auto& pair : comparison.pairs) QCOMPARE(pair.verdict, Verdict::Unknown);
}

// The same without measuring; what is no report, or would be lost, is left alone.
void TestReportParts::twoReportsAreCompared() {
  const auto compare = [this](const QString& older, const QString& newer, const QString& target) {
    return report::runReport({QStringLiteral("quantscope"), QStringLiteral("report"), QStringLiteral("--compare"),
                              m_folder.filePath(older), m_folder.filePath(newer), QStringLiteral("-o"),
                              m_folder.filePath(target)});
  };
  QCOMPARE(compare(QStringLiteral("all"), QStringLiteral("prose"), QStringLiteral("two")), 0);
  const QString page = QString::fromUtf8(read(m_folder.filePath(QStringLiteral("two/index.html"))));
  QCOMPARE(xmlProblem(page), QString());
  const Json json = Json::parse(read(m_folder.filePath(QStringLiteral("two/comparison.json"))).toStdString());
  QCOMPARE(json, recordIn(QStringLiteral("prose"))["against"]);
  QCOMPARE(compare(QStringLiteral("all"), QStringLiteral("prose"), QStringLiteral("two")), 0);  // its own is replaced
  QCOMPARE(compare(QStringLiteral("all"), QStringLiteral("prose"), QStringLiteral("all")), 1);
  QCOMPARE(recordIn(QStringLiteral("all")), m_json);
  QCOMPARE(compare(QStringLiteral("all"), QStringLiteral("cache"), QStringLiteral("three")), 1);
  QVERIFY(!QFile::exists(m_folder.filePath(QStringLiteral("three"))));
}

// A file that nests deeper than any stack is a report without figures.
void TestReportParts::whatNestsDeeplyIsCut() {
  constexpr int kDepth = 500'000;
  const QString folder = m_folder.filePath(QStringLiteral("deep"));
  QVERIFY(QDir().mkpath(folder));
  write(folder + QStringLiteral("/report.json"),
        "{\"format\": \"quantscope-report\", \"format_version\": 1, \"model\": {\"files\": " + QByteArray(kDepth, '[') +
            QByteArray(kDepth, ']') + "}}");
  const auto comparison = report::compareRecords(report::readRecord(folder), report::recordOf(m_json, folder));
  QVERIFY(comparison.pairs.empty() && !comparison.differing.empty());
}

// One figure moved by three and by one of the errors of its difference.
void TestReportParts::aWorseSchemeIsDifferent() {
  const auto verdictAfter = [&](double errors) {
    Json other = m_json;
    Json& row = other["evaluation"][1];
    const double error = row["perplexity_error"].get<double>() * std::sqrt(2.0);
    row["perplexity"] = row["perplexity"].get<double>() + errors * error;
    const auto comparison = report::compareRecords(report::recordOf(other, {}), report::recordOf(m_json, {}));
    for (const auto& pair : comparison.pairs)
      if (pair.here.name == QLatin1String("perplexity") && pair.here.scheme == QLatin1String("int3")) {
        const double expected = -errors * error;
        return std::pair(pair.verdict, std::abs(pair.difference.value / expected - 1) < 1e-6);
      }
    return std::pair(Verdict::Unknown, false);
  };
  QVERIFY(verdictAfter(3) == std::pair(Verdict::Different, true));
  QVERIFY(verdictAfter(1) == std::pair(Verdict::Indistinguishable, true));
}

void TestReportParts::damagedReports_data() {
  QTest::addColumn<QByteArray>("bytes");
  const auto edited = [this](auto edit) {
    Json json = m_json;
    edit(json);
    return QByteArray::fromStdString(json.dump());
  };
  QTest::newRow("empty") << QByteArray();
  QTest::newRow("text") << QByteArray("no JSON");
  QTest::newRow("cut") << QByteArray::fromStdString(m_json.dump()).left(2000);
  QTest::newRow("list") << QByteArray("[1, 2]");
  QTest::newRow("deep") << QByteArray(200'000, '[');
  QTest::newRow("another format") << QByteArray("{\"format\": \"somebody's\"}");
  QTest::newRow("no version") << edited([](Json& json) { json.erase("format_version"); });
  QTest::newRow("newer version") << edited([](Json& json) { json["format_version"] = 2; });
  QTest::newRow("row is none") << edited([](Json& json) { json["evaluation"][0] = 5; });
  QTest::newRow("no list") << edited([](Json& json) { json["weights"] = Json::object({{"a", 1}}); });
  QTest::newRow("figure is text") << edited([](Json& json) { json["evaluation"][0]["kl_mean"] = "much"; });
  QTest::newRow("no scheme") << edited([](Json& json) { json["evaluation"][1].erase("recipe"); });
  QTest::newRow("long scheme") << edited([](Json& json) { json["weights"][0]["scheme"] = std::string(5000, 'x'); });
  QTest::newRow("interval") << edited([](Json& json) { json["tasks"][0]["accuracy_interval"] = {1, "x"}; });
}

void TestReportParts::damagedReports() {
  QFETCH(QByteArray, bytes);
  const QString folder = m_folder.filePath(QStringLiteral("damaged")),
                target = m_folder.filePath(QStringLiteral("not"));
  QVERIFY(QDir().mkpath(folder));
  write(folder + QStringLiteral("/report.json"), bytes);
  try {
    static_cast<void>(report::readRecord(folder));
    QFAIL("It was read.");
  } catch (const core::Error& error) {
    const QString sentence = QString::fromUtf8(error.what());
    QVERIFY2(sentence.contains(QStringLiteral("report.json")) && sentence.endsWith(u'.'), qPrintable(sentence));
    QCOMPARE(sentence.count(QStringLiteral(". ")), 0);
  }
  QCOMPARE(report::runReport({QStringLiteral("quantscope"), QStringLiteral("report"), kChatModel, QStringLiteral("-o"),
                              target, QStringLiteral("--device"), QStringLiteral("cpu"), QStringLiteral("--against"),
                              folder}),
           1);
  QVERIFY(!QFile::exists(target));
}

QTEST_MAIN(TestReportParts)
#include "tst_report_parts.moc"
